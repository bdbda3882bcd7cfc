//! Objects of System V: semaphores, queues of messages, shared memory.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libc::{
    E2BIG, EACCES, EAGAIN, EEXIST, EFBIG, EIDRM, EINTR, EINVAL, ENOENT, ENOMSG, EPERM, ERANGE, IPC_CREAT,
    IPC_EXCL, IPC_NOWAIT, IPC_PRIVATE, IPC_RMID, IPC_SET, IPC_STAT,
};

use crate::calls::{Child, eventually, pause};
use crate::running::needs_root;
use crate::told;

crate::tests! {
    a_key_stands_for_one_set_of_semaphores,
    a_semaphore_is_waited_for,
    an_operation_is_done_as_a_whole_or_not,
    a_semaphore_is_waited_for_until_it_is_zero,
    what_cannot_be_done_to_semaphores_is_refused,
    values_of_semaphores_are_set_and_read,
    who_waits_for_a_semaphore_is_counted_and_told_that_it_is_gone,
    an_operation_is_interrupted_and_times_out,
    what_a_process_has_done_to_a_semaphore_is_undone_when_it_ends,
    somebody_elses_semaphores_are_theirs,
    a_message_is_sent_and_received,
    messages_are_chosen_by_their_number,
    a_message_that_is_too_long_is_cut_or_stays,
    a_full_queue_is_waited_for,
    a_queue_that_is_removed_wakes_who_waits,
    what_a_queue_holds_is_told,
    shared_memory_is_the_same_for_all_who_attach_it,
    shared_memory_is_found_by_its_key,
    removed_memory_stays_until_it_is_detached,
    memory_for_reading_is_not_written,
    memory_is_attached_where_it_is_wished_and_nothing_is,
    a_part_of_shared_memory_goes_with_the_rest,
    objects_are_shown,
}

/// A key that no other test has: each test's process has a number of its own.
fn key() -> i32 {
    0x4c4f_0000 | std::process::id() as i32 & 0xffff
}

/// Words of a structure that an object is told in.
type Told = [u64; 16];

// ---- semaphores ----

/// Removes a set when the test ends.
struct Set(i64);

impl Set {
    fn new(count: i32) -> Self {
        Self(call!(SYS_semget, IPC_PRIVATE, count, 0o600).unwrap())
    }

    /// Does parts: which semaphore, what is added, flags.
    fn operate(&self, parts: &[(u16, i16, i16)]) -> Result<i64, i32> {
        let parts: Vec<[i16; 3]> = parts.iter().map(|part| [part.0 as i16, part.1, part.2]).collect();
        call!(SYS_semop, self.0, parts.as_ptr(), parts.len())
    }

    fn control(&self, which: i32, command: i32, argument: u64) -> Result<i64, i32> {
        call!(SYS_semctl, self.0, which, command, argument)
    }

    fn value(&self, which: i32) -> i64 {
        self.control(which, libc::GETVAL, 0).unwrap()
    }

    fn set(&self, which: i32, value: u64) {
        assert_eq!(self.control(which, libc::SETVAL, value), Ok(0));
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        // A test may have removed it.
        let _ = self.control(0, IPC_RMID, 0);
    }
}

const NO_WAIT: i16 = IPC_NOWAIT as i16;
const UNDO: i16 = libc::SEM_UNDO as i16;

fn a_key_stands_for_one_set_of_semaphores() {
    let get = |count: i32, flags: i32| call!(SYS_semget, key(), count, flags);
    assert_eq!(get(1, 0o600), Err(ENOENT));
    let set = Set(get(2, IPC_CREAT | 0o600).unwrap());
    assert_eq!(get(2, IPC_CREAT | 0o600), Ok(set.0));
    assert_eq!((get(1, 0o600), get(0, 0o600)), (Ok(set.0), Ok(set.0)));
    assert_eq!(get(3, 0o600), Err(EINVAL));
    assert_eq!(get(2, IPC_CREAT | IPC_EXCL | 0o600), Err(EEXIST));
    assert_eq!(call!(SYS_semget, IPC_PRIVATE, 0, 0o600), Err(EINVAL));
    assert_eq!(call!(SYS_semget, IPC_PRIVATE, -1, 0o600), Err(EINVAL));
    assert_eq!(set.control(0, IPC_RMID, 0), Ok(0));
    assert_eq!(set.control(0, IPC_RMID, 0), Err(EINVAL));
    assert_eq!(get(1, 0o600), Err(ENOENT));
}

fn a_semaphore_is_waited_for() {
    let set = Set::new(1);
    assert_eq!(set.operate(&[(0, -1, NO_WAIT)]), Err(EAGAIN));
    let id = set.0;
    let child = Child::start(move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, -2, 0)]), Ok(0));
    });
    eventually(|| set.control(0, libc::GETNCNT, 0) == Ok(1));
    assert_eq!(set.operate(&[(0, 1, 0)]), Ok(0));
    pause(20);
    assert_eq!(set.value(0), 1);
    assert_eq!(set.operate(&[(0, 1, 0)]), Ok(0));
    let process = child.id;
    assert_eq!(child.status(), 0);
    assert_eq!((set.value(0), set.control(0, libc::GETNCNT, 0)), (0, Ok(0)));
    assert_eq!(set.control(0, libc::GETPID, 0), Ok(i64::from(process)));
}

fn an_operation_is_done_as_a_whole_or_not() {
    let set = Set::new(2);
    set.set(0, 1);
    assert_eq!(set.operate(&[(0, -1, NO_WAIT), (1, -1, NO_WAIT)]), Err(EAGAIN));
    assert_eq!((set.value(0), set.value(1)), (1, 0));
    assert_eq!(set.operate(&[(0, -1, NO_WAIT), (1, 3, 0), (1, -1, 0)]), Ok(0));
    assert_eq!((set.value(0), set.value(1)), (0, 2));
}

fn a_semaphore_is_waited_for_until_it_is_zero() {
    let set = Set::new(1);
    assert_eq!(set.operate(&[(0, 0, NO_WAIT), (0, 1, 0)]), Ok(0));
    assert_eq!(set.operate(&[(0, 0, NO_WAIT)]), Err(EAGAIN));
    let id = set.0;
    let child = Child::start(move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, 0, 0)]), Ok(0));
    });
    eventually(|| set.control(0, libc::GETZCNT, 0) == Ok(1));
    set.set(0, 0);
    assert_eq!(child.status(), 0);
}

fn what_cannot_be_done_to_semaphores_is_refused() {
    let set = Set::new(2);
    assert_eq!(set.operate(&[(2, 1, 0)]), Err(EFBIG));
    assert_eq!(set.operate(&[]), Err(EINVAL));
    assert_eq!(set.operate(&[(0, 1, 0); 501]), Err(E2BIG));
    set.set(0, 32_767);
    assert_eq!(set.operate(&[(0, 1, 0)]), Err(ERANGE));
    assert_eq!(set.control(0, libc::SETVAL, 32_768), Err(ERANGE));
    assert_eq!(set.control(0, libc::SETVAL, u64::MAX), Err(ERANGE));
    assert_eq!(set.control(2, libc::SETVAL, 1), Err(EINVAL));
    assert_eq!(set.control(0, 77, 1), Err(EINVAL));
    assert_eq!(call!(SYS_semop, -1, &[0_u16; 3], 1), Err(EINVAL));
    assert_eq!(call!(SYS_semop, set.0, 8, 1), Err(libc::EFAULT));
}

fn values_of_semaphores_are_set_and_read() {
    let set = Set::new(3);
    assert_eq!(set.control(0, libc::SETALL, [5_u16, 6, 7].as_ptr() as u64), Ok(0));
    let mut values = [0_u16; 4];
    assert_eq!(set.control(0, libc::GETALL, values.as_mut_ptr() as u64), Ok(0));
    assert_eq!(values, [5, 6, 7, 0]);
    let mut told: Told = [9; 16];
    assert_eq!(set.control(0, IPC_STAT, told.as_mut_ptr() as u64), Ok(0));
    assert_eq!((told[10], told[6]), (3, 0), "three semaphores, and no operation yet");
    assert_eq!(set.operate(&[(0, 1, 0)]), Ok(0));
    assert_eq!(set.control(0, IPC_STAT, told.as_mut_ptr() as u64), Ok(0));
    assert!(told[6] > 1_600_000_000 && told[8] > 1_600_000_000, "{told:?}");
}

fn who_waits_for_a_semaphore_is_counted_and_told_that_it_is_gone() {
    let set = Set::new(1);
    let id = set.0;
    let wait = move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, -1, 0)]), Err(EIDRM));
    };
    let children = [Child::start(wait), Child::start(wait), Child::start(wait)];
    eventually(|| set.control(0, libc::GETNCNT, 0) == Ok(3));
    assert_eq!(set.control(0, IPC_RMID, 0), Ok(0));
    for child in children {
        assert_eq!(child.status(), 0);
    }
    assert_eq!(set.operate(&[(0, 1, 0)]), Err(EINVAL));
}

fn an_operation_is_interrupted_and_times_out() {
    let set = Set::new(1);
    let began = Instant::now();
    let time = [0_i64, 30_000_000];
    assert_eq!(call!(SYS_semtimedop, set.0, &[0_i16, -1, 0], 1, &time), Err(EAGAIN));
    assert!(began.elapsed() >= Duration::from_millis(30));
    assert_eq!(set.control(0, libc::GETNCNT, 0), Ok(0));
    assert_eq!(call!(SYS_semtimedop, set.0, &[0_i16, -1, 0], 1, &[0_i64, -1]), Err(EINVAL));
    // Never begun again, whatever the handler says.
    told::noted(libc::SIGUSR1, libc::SA_RESTART);
    let own = std::process::id();
    let child = Child::start(move || {
        pause(50);
        assert_eq!(call!(SYS_kill, own, libc::SIGUSR1), Ok(0));
    });
    assert_eq!(set.operate(&[(0, -1, 0)]), Err(EINTR));
    assert_eq!(child.status(), 0);
}

fn what_a_process_has_done_to_a_semaphore_is_undone_when_it_ends() {
    let set = Set::new(2);
    set.set(0, 5);
    let id = set.0;
    let child = Child::start(move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, -3, UNDO), (1, 2, UNDO)]), Ok(0));
        assert_eq!(set.operate(&[(0, -1, UNDO), (1, 4, 0)]), Ok(0));
    });
    assert_eq!(child.status(), 0);
    assert_eq!((set.value(0), set.value(1)), (5, 4));
    // A value that is set is not undone.
    let child = Child::start(move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, -3, UNDO)]), Ok(0));
        set.set(0, 9);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(set.value(0), 9);
    // One that was taken away meanwhile is not below zero.
    let child = Child::start(move || {
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, 3, UNDO)]), Ok(0));
        assert_eq!(set.operate(&[(0, -12, 0)]), Ok(0));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(set.value(0), 0);
}

fn somebody_elses_semaphores_are_theirs() {
    needs_root();
    let set = Set(call!(SYS_semget, key(), 1, IPC_CREAT | 0o644).unwrap());
    let id = set.0;
    let child = Child::start(move || {
        assert_eq!(call!(SYS_setresgid, 1000, 1000, 1000), Ok(0));
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.control(0, libc::GETVAL, 0), Ok(0));
        assert_eq!(set.operate(&[(0, 1, 0)]), Err(EACCES));
        assert_eq!(set.control(0, libc::SETVAL, 1), Err(EACCES));
        assert_eq!(set.control(0, IPC_RMID, 0), Err(EPERM));
        assert_eq!(call!(SYS_semget, key_of_parent(), 1, 0o600), Err(EACCES));
        assert_eq!(call!(SYS_semget, key_of_parent(), 1, 0o400), Ok(id));
    });
    assert_eq!(child.status(), 0);
    // Given away, it is theirs: user 1000 and group 1000.
    let mut told: Told = [0; 16];
    assert_eq!(set.control(0, IPC_STAT, told.as_mut_ptr() as u64), Ok(0));
    told[0] = told[0] & 0xffff_ffff | 0x3e8 << 32;
    told[1] = told[1] & 0xffff_ffff_0000_0000 | 0x3e8;
    told[2] = told[2] & 0xffff_ffff | 0o600 << 32;
    assert_eq!(set.control(0, IPC_SET, told.as_mut_ptr() as u64), Ok(0));
    let child = Child::start(move || {
        assert_eq!(call!(SYS_setresgid, 1000, 1000, 1000), Ok(0));
        assert_eq!(call!(SYS_setresuid, 1000, 1000, 1000), Ok(0));
        let set = std::mem::ManuallyDrop::new(Set(id));
        assert_eq!(set.operate(&[(0, 1, 0)]), Ok(0));
        assert_eq!(set.control(0, IPC_RMID, 0), Ok(0));
    });
    assert_eq!(child.status(), 0);
}

/// The key of the test that has forked this process.
fn key_of_parent() -> i32 {
    0x4c4f_0000 | call!(SYS_getppid).unwrap() as i32 & 0xffff
}

// ---- messages ----

/// Removes a queue when the test ends.
struct Queue(i64);

impl Queue {
    fn new() -> Self {
        Self(call!(SYS_msgget, IPC_PRIVATE, 0o600).unwrap())
    }

    fn send(&self, kind: i64, text: &[u8], flags: i32) -> Result<i64, i32> {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend_from_slice(text);
        call!(SYS_msgsnd, self.0, bytes.as_ptr(), text.len(), flags)
    }

    fn receive(&self, kind: i64, most: usize, flags: i32) -> Result<(i64, Vec<u8>), i32> {
        let mut bytes = vec![0; 8 + most];
        let count = call!(SYS_msgrcv, self.0, bytes.as_mut_ptr(), most, kind, flags)? as usize;
        let kind = i64::from_le_bytes(*bytes.first_chunk().unwrap());
        Ok((kind, bytes[8..8 + count].to_vec()))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // A test may have removed it.
        let _ = call!(SYS_msgctl, self.0, IPC_RMID, 0);
    }
}

fn a_message_is_sent_and_received() {
    let queue = Queue::new();
    assert_eq!(queue.receive(0, 10, IPC_NOWAIT), Err(ENOMSG));
    let id = queue.0;
    let child = Child::start(move || {
        let queue = std::mem::ManuallyDrop::new(Queue(id));
        assert_eq!(queue.receive(0, 100, 0), Ok((7, b"hello".to_vec())));
    });
    pause(30);
    assert_eq!(queue.send(7, b"hello", 0), Ok(0));
    assert_eq!(child.status(), 0);
    assert_eq!((queue.send(1, b"", 0), queue.receive(0, 0, 0)), (Ok(0), Ok((1, Vec::new()))));
    assert_eq!((queue.send(0, b"x", 0), queue.send(-1, b"x", 0)), (Err(EINVAL), Err(EINVAL)));
    assert_eq!(queue.send(1, &[0; 8193], 0), Err(EINVAL));
    assert_eq!(call!(SYS_msgsnd, queue.0, 8, 1, 0), Err(libc::EFAULT));
}

fn messages_are_chosen_by_their_number() {
    let queue = Queue::new();
    for (kind, text) in [(3, b"a"), (1, b"b"), (2, b"c"), (1, b"d")] {
        assert_eq!(queue.send(kind, text, 0), Ok(0));
    }
    let receive = |kind, flags| queue.receive(kind, 8, IPC_NOWAIT | flags).map(|(_, text)| text[0]);
    assert_eq!(receive(4, 0), Err(ENOMSG));
    assert_eq!(receive(-2, 0), Ok(b'b'));
    assert_eq!(receive(3, 0o20000), Ok(b'c'), "any but this one");
    assert_eq!(receive(0, 0), Ok(b'a'));
    assert_eq!(receive(-1, 0), Ok(b'd'));
}

fn a_message_that_is_too_long_is_cut_or_stays() {
    let queue = Queue::new();
    assert_eq!(queue.send(1, b"longer", 0), Ok(0));
    assert_eq!(queue.receive(0, 4, IPC_NOWAIT), Err(E2BIG));
    assert_eq!(queue.receive(0, 4, 0o10000), Ok((1, b"long".to_vec())));
    assert_eq!(queue.receive(0, 4, IPC_NOWAIT), Err(ENOMSG));
}

fn a_full_queue_is_waited_for() {
    let queue = Queue::new();
    while queue.send(1, &[7; 4096], IPC_NOWAIT) == Ok(0) {}
    assert_eq!(queue.send(1, &[7; 4096], IPC_NOWAIT), Err(EAGAIN));
    let id = queue.0;
    let child = Child::start(move || {
        let queue = std::mem::ManuallyDrop::new(Queue(id));
        assert_eq!(queue.send(2, &[8; 4096], 0), Ok(0));
    });
    pause(30);
    assert_eq!(queue.receive(2, 4096, IPC_NOWAIT), Err(ENOMSG));
    assert_eq!(queue.receive(1, 4096, 0).map(|(kind, _)| kind), Ok(1));
    assert_eq!(child.status(), 0);
    assert_eq!(queue.receive(2, 4096, IPC_NOWAIT).map(|(_, text)| text[0]), Ok(8));
}

fn a_queue_that_is_removed_wakes_who_waits() {
    let queue = Queue::new();
    let id = queue.0;
    let child = Child::start(move || {
        let queue = std::mem::ManuallyDrop::new(Queue(id));
        assert_eq!(queue.receive(0, 8, 0), Err(EIDRM));
    });
    pause(50);
    assert_eq!(call!(SYS_msgctl, queue.0, IPC_RMID, 0), Ok(0));
    assert_eq!(child.status(), 0);
    assert_eq!(queue.send(1, b"x", 0), Err(EINVAL));
}

fn what_a_queue_holds_is_told() {
    let queue = Queue::new();
    assert_eq!((queue.send(1, b"abc", 0), queue.send(1, b"de", 0)), (Ok(0), Ok(0)));
    let mut told: Told = [0; 16];
    assert_eq!(call!(SYS_msgctl, queue.0, IPC_STAT, &mut told), Ok(0));
    let [bytes, count, most] = [told[9], told[10], told[11]];
    assert_eq!((bytes, count, most), (5, 2, 16_384));
    assert_eq!(told[12] as u32, std::process::id());
    // Fewer bytes than there are: no more until some are gone.
    told[11] = 5;
    assert_eq!(call!(SYS_msgctl, queue.0, IPC_SET, &mut told), Ok(0));
    assert_eq!(queue.send(1, b"x", IPC_NOWAIT), Err(EAGAIN));
    assert_eq!(queue.receive(0, 8, 0), Ok((1, b"abc".to_vec())));
    assert_eq!(queue.send(1, b"x", IPC_NOWAIT), Ok(0));
}

// ---- shared memory ----

const PAGE: usize = 4096;

/// Removes memory when the test ends.
struct Segment(i64);

impl Segment {
    fn new(size: usize) -> Self {
        Self(call!(SYS_shmget, IPC_PRIVATE, size, 0o600).unwrap())
    }

    fn attach(&self, at: usize, flags: i32) -> Result<usize, i32> {
        call!(SYS_shmat, self.0, at, flags).map(|at| at as usize)
    }

    fn told(&self) -> Result<Told, i32> {
        let mut told: Told = [0; 16];
        call!(SYS_shmctl, self.0, IPC_STAT, &mut told).map(|_| told)
    }

    /// How many times it is attached.
    fn attached(&self) -> u64 {
        self.told().unwrap()[11]
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // A test may have removed it.
        let _ = call!(SYS_shmctl, self.0, IPC_RMID, 0);
    }
}

fn detach(at: usize) -> Result<i64, i32> {
    call!(SYS_shmdt, at)
}

/// A word of attached memory.
fn at(address: usize) -> &'static AtomicU32 {
    // SAFETY: the test has memory attached there, for as long as it uses the word.
    unsafe { &*(address as *const AtomicU32) }
}

fn shared_memory_is_the_same_for_all_who_attach_it() {
    let segment = Segment::new(3 * PAGE - 10);
    assert_eq!((segment.attached(), segment.told().unwrap()[6]), (0, 3 * PAGE as u64 - 10));
    let (first, second) = (segment.attach(0, 0).unwrap(), segment.attach(0, 0).unwrap());
    assert_ne!(first, second);
    at(first + 2 * PAGE).store(5, Ordering::SeqCst);
    assert_eq!(at(second + 2 * PAGE).load(Ordering::SeqCst), 5);
    let id = segment.0;
    let child = Child::start(move || {
        // One from before, one of its own.
        let own = std::mem::ManuallyDrop::new(Segment(id)).attach(0, 0).unwrap();
        assert_eq!(at(own + 2 * PAGE).fetch_add(1, Ordering::SeqCst), 5);
        assert_eq!(at(first + 2 * PAGE).load(Ordering::SeqCst), 6);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(at(first + 2 * PAGE).load(Ordering::SeqCst), 6);
    eventually(|| segment.attached() == 2);
    assert_eq!((detach(first), detach(first)), (Ok(0), Err(EINVAL)));
    assert_eq!((segment.attached(), detach(second), segment.attached()), (1, Ok(0), 0));
}

fn shared_memory_is_found_by_its_key() {
    let get = |size: usize, flags: i32| call!(SYS_shmget, key(), size, flags);
    assert_eq!(get(PAGE, 0o600), Err(ENOENT));
    assert_eq!(get(0, IPC_CREAT | 0o600), Err(EINVAL));
    let segment = Segment(get(PAGE, IPC_CREAT | 0o600).unwrap());
    assert_eq!((get(PAGE, 0o600), get(0, 0o600)), (Ok(segment.0), Ok(segment.0)));
    assert_eq!(get(PAGE + 1, 0o600), Err(EINVAL));
    assert_eq!(get(PAGE, IPC_CREAT | IPC_EXCL | 0o600), Err(EEXIST));
    assert_eq!(call!(SYS_shmat, -1, 0, 0), Err(EINVAL));
}

fn removed_memory_stays_until_it_is_detached() {
    let segment = Segment(call!(SYS_shmget, key(), PAGE, IPC_CREAT | 0o600).unwrap());
    let address = segment.attach(0, 0).unwrap();
    at(address).store(9, Ordering::SeqCst);
    assert_eq!(call!(SYS_shmctl, segment.0, IPC_RMID, 0), Ok(0));
    assert_eq!(call!(SYS_shmget, key(), PAGE, 0o600), Err(ENOENT));
    assert_eq!(at(address).load(Ordering::SeqCst), 9);
    assert_eq!(segment.told().unwrap()[2] >> 32 & 0o1000, 0o1000, "it is to go");
    assert_eq!(detach(address), Ok(0));
    assert_eq!(segment.told(), Err(EINVAL));
    // With the end of a process as with a call.
    let segment = Segment::new(PAGE);
    let id = segment.0;
    let child = Child::start(move || {
        let segment = std::mem::ManuallyDrop::new(Segment(id));
        assert!(segment.attach(0, 0).is_ok());
        assert_eq!(call!(SYS_shmctl, segment.0, IPC_RMID, 0), Ok(0));
    });
    assert_eq!(child.status(), 0);
    eventually(|| segment.told() == Err(EINVAL));
}

fn memory_for_reading_is_not_written() {
    let segment = Segment::new(PAGE);
    let address = segment.attach(0, libc::SHM_RDONLY).unwrap();
    assert_eq!(at(address).load(Ordering::SeqCst), 0);
    let child = Child::start(move || at(address).store(1, Ordering::SeqCst));
    assert_eq!(child.signal(), libc::SIGSEGV);
    let writable = libc::PROT_READ | libc::PROT_WRITE;
    assert_eq!(call!(SYS_mprotect, address, PAGE, writable), Err(EACCES));
    assert_eq!(detach(address), Ok(0));
}

fn memory_is_attached_where_it_is_wished_and_nothing_is() {
    let segment = Segment::new(PAGE);
    let address = segment.attach(0, 0).unwrap();
    assert_eq!(segment.attach(address, 0), Err(EINVAL));
    assert_eq!(segment.attach(address + 5, 0), Err(EINVAL));
    assert_eq!(segment.attach(address, libc::SHM_REMAP), Ok(address));
    assert_eq!(segment.attached(), 1);
    assert_eq!((detach(address + 5), detach(address)), (Err(EINVAL), Ok(0)));
    assert_eq!(segment.attach(address + 5, libc::SHM_RND), Ok(address));
    assert_eq!(detach(address), Ok(0));
}

fn a_part_of_shared_memory_goes_with_the_rest() {
    let segment = Segment::new(4 * PAGE);
    let address = segment.attach(0, 0).unwrap();
    assert_eq!(call!(SYS_munmap, address + PAGE, PAGE), Ok(0));
    assert_eq!(segment.attached(), 2);
    // What lies in the gap is not the segment's, and stays.
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    assert_eq!(call!(SYS_mmap, address + PAGE, PAGE, 3, flags, -1, 0), Ok((address + PAGE) as i64));
    at(address + PAGE).store(3, Ordering::SeqCst);
    assert_eq!(detach(address), Ok(0));
    assert_eq!((segment.attached(), at(address + PAGE).load(Ordering::SeqCst)), (0, 3));
    assert_eq!(call!(SYS_munmap, address + PAGE, PAGE), Ok(0));
}

fn objects_are_shown() {
    let (set, queue, segment) = (Set::new(4), Queue::new(), Segment::new(12_345));
    assert_eq!(queue.send(1, b"seven!!", 0), Ok(0));
    let row = |name: &str, id: i64| -> Vec<String> {
        let table = fs::read_to_string(format!("/proc/sysvipc/{name}")).unwrap();
        let rows = table.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        rows.into_iter().find(|row| row[1] == id.to_string()).expect(name)
    };
    assert_eq!(row("sem", set.0)[2..4], ["600", "4"]);
    assert_eq!(row("msg", queue.0)[2..5], ["600", "7", "1"]);
    assert_eq!(row("shm", segment.0)[2..4], ["600", "12345"]);
}
