//! What a kernel has to stand: many at once, again and again, at the worst moment, with the worst arguments.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libc::{SIGALRM, SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGUSR1, WNOHANG, c_int, c_void, siginfo_t};

use crate::calls::{Child, eventually, exit, pause, shared_words};
use crate::told::{self, bit, block, handled, noted, own, unblock};

crate::tests! {
    an_exec_with_too_many_arguments_fails,
    an_exec_with_wrong_pointers_fails,
    an_exec_has_many_arguments,
    the_heap_is_used_by_calls,
    the_heap_does_not_reach_beyond_memory,
    below_the_stack_there_is_nothing,
    spinning_processes_are_preempted_and_killed,
    two_children_are_waited_for_in_any_order,
    grandchildren_are_left_behind,
    a_child_kills_its_sibling_while_it_forks,
    forks_are_refused_and_then_not,
    a_stopped_group_that_is_orphaned_is_hung_up,
    a_group_outlives_its_leader,
    two_threads_wait_for_a_child_each,
    a_thread_waits_for_a_child_of_another_one,
    a_handler_keeps_the_registers,
    a_handler_keeps_the_floating_point_registers,
    a_timer_does_not_lose_what_is_written,
    a_signal_goes_to_a_thread_that_does_not_block_it,
    signals_between_processes_do_not_stop_them,
    a_sleep_goes_on_after_a_stop,
    a_word_is_waited_at_after_a_stop,
    an_alternate_stack_is_inherited_by_a_child_and_not_by_a_program,
    an_alternate_stack_is_given_up_while_it_is_used,
    an_overflowing_stack_is_told_on_another_one,
    a_program_has_no_posix_timers,
    a_child_that_is_not_to_be_waited_for_is_gone,
    a_handler_that_forks,
    a_handler_that_ends_the_process,
    many_threads_end_while_the_process_ends,
    an_exec_while_threads_run,
    a_kill_of_all_spares_the_killer,
    wrong_addresses_fail_everywhere,
    a_timer_of_each_of_many_processes,
}

fn execute(arguments: &[*const libc::c_char]) -> Result<i64, c_int> {
    call!(SYS_execve, c"/proc/self/exe".as_ptr(), arguments.as_ptr(), 0)
}

fn an_exec_with_too_many_arguments_fails() {
    let long = CString::new(vec![b'x'; 200_000]).unwrap();
    assert_eq!(execute(&[long.as_ptr(), std::ptr::null()]), Err(libc::E2BIG));
    let some = CString::new(vec![b'x'; 100_000]).unwrap();
    let mut many = vec![some.as_ptr(); 200];
    many.push(std::ptr::null());
    assert_eq!(execute(&many), Err(libc::E2BIG));
}

fn an_exec_with_wrong_pointers_fails() {
    for wrong in [0xffff_ffff_8000_0000_u64, 0x1000, u64::MAX] {
        let arguments = [wrong, 0];
        let path = c"/proc/self/exe".as_ptr();
        assert_eq!(call!(SYS_execve, path, &arguments, 0), Err(libc::EFAULT));
        assert_eq!(call!(SYS_execve, path, wrong, 0), Err(libc::EFAULT));
        assert_eq!(call!(SYS_execve, wrong, &[0_u64, 0], 0), Err(libc::EFAULT));
    }
}

fn an_exec_has_many_arguments() {
    let child = Child::start(|| {
        let numbers: Vec<String> = (0..500).map(|number: u32| number.to_string()).collect();
        let all: Vec<&str> = std::iter::once("count").chain(numbers.iter().map(String::as_str)).collect();
        crate::again::become_self(&all);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn counted(rest: &[&str]) -> bool {
    rest.len() == 500 && rest.iter().enumerate().all(|(place, text)| place.to_string() == *text)
}

fn the_heap_is_used_by_calls() {
    let start = call!(SYS_brk, 0).unwrap();
    assert_eq!(call!(SYS_brk, start + 8192), Ok(start + 8192));
    let zero = call!(SYS_open, c"/dev/zero".as_ptr(), libc::O_RDWR, 0).unwrap();
    assert_eq!(call!(SYS_read, zero, start, 8192), Ok(8192));
    assert_eq!(call!(SYS_write, zero, start, 8192), Ok(8192));
    assert_eq!(call!(SYS_brk, start), Ok(start));
    let after = (start as u64).next_multiple_of(4096);
    assert_eq!(call!(SYS_read, zero, after, 4096), Err(libc::EFAULT));
}

fn the_heap_does_not_reach_beyond_memory() {
    let start = call!(SYS_brk, 0).unwrap();
    assert_eq!(call!(SYS_brk, start + (1 << 44)), Ok(start));
    assert_eq!(call!(SYS_brk, u64::MAX), Ok(start));
    assert_eq!(call!(SYS_brk, start + 4096), Ok(start + 4096));
}

fn below_the_stack_there_is_nothing() {
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setrlimit, libc::RLIMIT_STACK, &[1_u64 << 20, 1 << 20]), Ok(0));
        let marker = 0_u8;
        let below = (&raw const marker as u64) - (4 << 20);
        // SAFETY: it is meant to fault.
        unsafe { (below as *mut u8).write_volatile(1) };
    });
    assert_eq!(child.signal(), libc::SIGSEGV);
}

fn spinning_processes_are_preempted_and_killed() {
    let spin = || {
        Child::start(|| {
            loop {
                std::hint::spin_loop();
            }
        })
    };
    let children: Vec<Child> = (0..6).map(|_| spin()).collect();
    pause(50);
    for child in &children {
        child.kill(SIGKILL);
    }
    for child in &children {
        assert_eq!(child.signal(), SIGKILL);
    }
}

fn two_children_are_waited_for_in_any_order() {
    for round in 0..100 {
        let children = [Child::start(|| exit(1)), Child::start(|| exit(2))];
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for place in order {
            assert_eq!(children[place].status(), place as c_int + 1);
        }
    }
}

fn grandchildren_are_left_behind() {
    let words = shared_words();
    for _ in 0..50 {
        let child = Child::start(|| {
            for _ in 0..2 {
                Child::start(|| {
                    words[0].fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(child.status(), 0);
    }
    eventually(|| words[0].load(Ordering::SeqCst) == 100);
}

fn a_child_kills_its_sibling_while_it_forks() {
    assert_eq!(call!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Ok(0));
    for round in 0..20_u64 {
        let forking = Child::start(|| {
            let _ = call!(SYS_setpgid, 0, 0);
            loop {
                let id = call!(SYS_fork);
                if id == Ok(0) {
                    exit(0);
                }
                let _ = call!(SYS_wait4, -1, 0, 0, 0);
            }
        });
        let _ = call!(SYS_setpgid, forking.id, forking.id);
        std::thread::sleep(Duration::from_micros(round * 311 % 4000));
        let killer = Child::start(|| {
            assert_eq!(call!(SYS_kill, -forking.id, SIGKILL), Ok(0));
        });
        assert_eq!(killer.status(), 0);
        assert_eq!(forking.signal(), SIGKILL);
        // Nobody of the group is left, for whoever it has left behind is this process's.
        eventually(|| {
            while call!(SYS_wait4, -1, 0, WNOHANG, 0).is_ok_and(|id| id > 0) {}
            call!(SYS_kill, -forking.id, 0) == Err(libc::ESRCH)
        });
    }
}

fn forks_are_refused_and_then_not() {
    crate::running::needs_root();
    assert_eq!(call!(SYS_setuid, 23_456), Ok(0));
    assert_eq!(call!(SYS_setrlimit, libc::RLIMIT_NPROC, &[20_u64, 20]), Ok(0));
    for _ in 0..3 {
        let mut children = Vec::new();
        let refused = loop {
            match call!(SYS_fork) {
                Ok(0) => {
                    pause(10_000);
                    exit(0);
                }
                Ok(id) => children.push(id),
                Err(error) => break error,
            }
            assert!(children.len() < 30);
        };
        assert_eq!((refused, children.len()), (libc::EAGAIN, 19));
        for id in children {
            assert_eq!(call!(SYS_kill, id, SIGKILL), Ok(0));
            assert_eq!(call!(SYS_wait4, id, 0, 0, 0), Ok(id));
        }
    }
}

fn a_stopped_group_that_is_orphaned_is_hung_up() {
    let words = shared_words();
    let middle = Child::start(|| {
        // A session in which the middle process looks after the last one's group.
        let _ = call!(SYS_setsid);
        let last = Child::start(|| {
            let _ = call!(SYS_setpgid, 0, 0);
            noted(SIGHUP, 0);
            noted(SIGCONT, 0);
            words[0].store(1, Ordering::SeqCst);
            eventually(|| told::count() == 2);
            words[0].store(2, Ordering::SeqCst);
        });
        eventually(|| words[0].load(Ordering::SeqCst) == 1);
        last.kill(SIGSTOP);
        assert_eq!(call!(SYS_wait4, last.id, 0, libc::WUNTRACED, 0), Ok(i64::from(last.id)));
    });
    assert_eq!(middle.status(), 0);
    eventually(|| words[0].load(Ordering::SeqCst) == 2);
}

fn a_group_outlives_its_leader() {
    let words = shared_words();
    let leader = Child::start(|| {
        let _ = call!(SYS_setpgid, 0, 0);
        Child::start(|| {
            noted(SIGUSR1, 0);
            words[0].store(own() as u64, Ordering::SeqCst);
            eventually(|| told::count() == 1);
            words[1].store(1, Ordering::SeqCst);
        });
        eventually(|| words[0].load(Ordering::SeqCst) != 0);
    });
    assert_eq!(leader.status(), 0);
    assert_eq!(call!(SYS_kill, -leader.id, SIGUSR1), Ok(0));
    eventually(|| words[1].load(Ordering::SeqCst) == 1);
}

fn two_threads_wait_for_a_child_each() {
    let children = [Child::start(|| pause(30)), Child::start(|| pause(60))];
    let threads = [(); 2].map(|()| std::thread::spawn(|| call!(SYS_wait4, -1, 0, 0, 0).unwrap()));
    let mut found = threads.map(|thread| thread.join().unwrap());
    found.sort_unstable();
    let mut numbers = children.map(|child| i64::from(child.id));
    numbers.sort_unstable();
    assert_eq!(found, numbers);
    assert_eq!(call!(SYS_wait4, -1, 0, 0, 0), Err(libc::ECHILD));
}

fn a_thread_waits_for_a_child_of_another_one() {
    let thread = std::thread::spawn(|| Child::start(|| exit(4)));
    assert_eq!(thread.join().unwrap().status(), 4);
}

/// Has a timer interrupt over and over.
fn interrupted_often() {
    handled(SIGALRM, libc::SA_RESTART, spoils);
    assert_eq!(call!(SYS_setitimer, libc::ITIMER_REAL, &[0_i64, 1000, 0, 1000], 0), Ok(0));
}

static HANDLED: AtomicU64 = AtomicU64::new(0);

/// A handler that uses registers of all kinds for itself.
extern "C" fn spoils(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: registers that a function may change.
    unsafe {
        std::arch::asm!(
            "mov rax, -1", "mov rcx, rax", "mov rdx, rax", "mov rsi, rax", "mov rdi, rax", "mov r8, rax", "mov r9, rax",
            "mov r10, rax", "mov r11, rax", "movq xmm0, rax", "movq xmm7, rax", "movq xmm15, rax", "std", "cld",
            out("rax") _, out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _, out("r8") _, out("r9") _, out("r10") _,
            out("r11") _, out("xmm0") _, out("xmm7") _, out("xmm15") _,
        );
    }
    HANDLED.fetch_add(1, Ordering::SeqCst);
}

fn a_handler_keeps_the_registers() {
    interrupted_often();
    let started = Instant::now();
    while HANDLED.load(Ordering::SeqCst) < 20 && started.elapsed() < Duration::from_secs(8) {
        let sum: u64;
        // SAFETY: registers only.
        unsafe {
            std::arch::asm!(
                "mov rcx, 20000", "mov rdx, 3", "mov rsi, 5", "mov rdi, 7", "mov r8, 11", "mov r9, 13", "mov r10, 17", "mov r11, 19",
                "2:", "dec rcx", "jnz 2b",
                "lea rax, [rdx + rsi]", "add rax, rdi", "add rax, r8", "add rax, r9", "add rax, r10", "add rax, r11",
                out("rax") sum, out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _, out("r8") _, out("r9") _, out("r10") _,
                out("r11") _,
            );
        }
        assert_eq!(sum, 75);
    }
    assert!(HANDLED.load(Ordering::SeqCst) >= 20);
}

fn a_handler_keeps_the_floating_point_registers() {
    interrupted_often();
    let started = Instant::now();
    while HANDLED.load(Ordering::SeqCst) < 20 && started.elapsed() < Duration::from_secs(8) {
        let (first, last): (u64, u64);
        // SAFETY: registers only.
        unsafe {
            std::arch::asm!(
                "mov rax, 123456789", "movq xmm0, rax", "movq xmm15, rax", "mov rcx, 20000", "2:", "dec rcx", "jnz 2b",
                "movq rax, xmm0", "movq rcx, xmm15",
                out("rax") first, out("rcx") last, out("xmm0") _, out("xmm15") _,
            );
        }
        assert_eq!((first, last), (123_456_789, 123_456_789));
    }
    assert!(HANDLED.load(Ordering::SeqCst) >= 20);
}

fn a_timer_does_not_lose_what_is_written() {
    const LENGTH: usize = 400_000;
    let mut ends = [0_i32; 2];
    assert_eq!(call!(SYS_pipe2, &mut ends, 0), Ok(0));
    let writer = Child::start(|| {
        let _ = call!(SYS_close, ends[0]);
        interrupted_often();
        let bytes: Vec<u8> = (0..LENGTH).map(|place| (place % 251) as u8).collect();
        let mut sent = 0;
        while sent < LENGTH {
            sent += call!(SYS_write, ends[1], bytes[sent..].as_ptr(), LENGTH - sent).unwrap() as usize;
        }
    });
    let _ = call!(SYS_close, ends[1]);
    interrupted_often();
    let mut seen = 0;
    let mut bytes = vec![0_u8; 3000];
    loop {
        let count = call!(SYS_read, ends[0], bytes.as_mut_ptr(), bytes.len()).unwrap() as usize;
        if count == 0 {
            break;
        }
        assert!(bytes[..count].iter().enumerate().all(|(place, &byte)| byte == ((seen + place) % 251) as u8));
        seen += count;
    }
    assert_eq!((seen, writer.status()), (LENGTH, 0));
}

fn a_signal_goes_to_a_thread_that_does_not_block_it() {
    static GOT: AtomicU64 = AtomicU64::new(0);
    extern "C" fn who(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
        GOT.store(call!(SYS_gettid).unwrap_or(0) as u64, Ordering::SeqCst);
    }
    handled(SIGUSR1, 0, who);
    let number = Arc::new(AtomicU64::new(0));
    let other = Arc::clone(&number);
    let thread = std::thread::spawn(move || {
        other.store(call!(SYS_gettid).unwrap() as u64, Ordering::SeqCst);
        eventually(|| GOT.load(Ordering::SeqCst) != 0);
    });
    block(bit(SIGUSR1));
    eventually(|| number.load(Ordering::SeqCst) != 0);
    assert_eq!(call!(SYS_kill, own(), SIGUSR1), Ok(0));
    thread.join().unwrap();
    assert_eq!(GOT.load(Ordering::SeqCst), number.load(Ordering::SeqCst));
}

fn signals_between_processes_do_not_stop_them() {
    const ROUNDS: usize = 150;
    let parent = own();
    noted(SIGUSR1, 0);
    block(bit(SIGUSR1));
    let child = Child::start(|| {
        let set = bit(SIGUSR1);
        for _ in 0..ROUNDS {
            assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[8_i64, 0], 8), Ok(i64::from(SIGUSR1)));
            assert_eq!(call!(SYS_kill, parent, SIGUSR1), Ok(0));
        }
    });
    let set = bit(SIGUSR1);
    for _ in 0..ROUNDS {
        child.kill(SIGUSR1);
        assert_eq!(call!(SYS_rt_sigtimedwait, &set, 0, &[8_i64, 0], 8), Ok(i64::from(SIGUSR1)));
    }
    assert_eq!(child.status(), 0);
    unblock(bit(SIGUSR1));
}

/// Stops a child for a while that does something; gives how long that has taken, in milliseconds.
fn stopped_meanwhile(body: fn()) -> u64 {
    let words = shared_words();
    let child = Child::start(|| {
        let started = Instant::now();
        words[0].store(1, Ordering::SeqCst);
        body();
        words[1].store(started.elapsed().as_millis() as u64, Ordering::SeqCst);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    pause(300);
    child.kill(SIGSTOP);
    pause(100);
    child.kill(SIGCONT);
    assert_eq!(child.status(), 0);
    words[1].load(Ordering::SeqCst)
}

fn a_sleep_goes_on_after_a_stop() {
    let taken = stopped_meanwhile(|| assert_eq!(call!(SYS_nanosleep, &[0_i64, 600_000_000], 0), Ok(0)));
    // If it began again it would take 900.
    assert!((600..880).contains(&taken), "{taken}");
}

fn a_word_is_waited_at_after_a_stop() {
    let taken = stopped_meanwhile(|| {
        let word = 0_u32;
        let waited = call!(SYS_futex, &word, libc::FUTEX_WAIT, 0, &[0_i64, 600_000_000]);
        assert_eq!(waited, Err(libc::ETIMEDOUT));
    });
    assert!((600..880).contains(&taken), "{taken}");
}

/// A stack for handlers.
fn alternate(flags: c_int) -> [u64; 3] {
    let flags = flags as u32;
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let start = call!(SYS_mmap, 0, 65_536, libc::PROT_READ | libc::PROT_WRITE, private, -1, 0).unwrap();
    let stack = [start as u64, u64::from(flags), 65_536];
    assert_eq!(call!(SYS_sigaltstack, &stack, 0), Ok(0));
    stack
}

fn current_stack() -> [u64; 3] {
    let mut stack = [0_u64; 3];
    assert_eq!(call!(SYS_sigaltstack, 0, &mut stack), Ok(0));
    [stack[0], stack[1] & 0xffff_ffff, stack[2]]
}

fn an_alternate_stack_is_inherited_by_a_child_and_not_by_a_program() {
    let stack = alternate(0);
    let child = Child::start(|| {
        assert_eq!(current_stack(), stack);
        crate::again::become_self(&["stack", &stack[0].to_string()]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at: a runtime may have made a stack of its own.
pub(crate) fn has_other_stack(start: &str) -> bool {
    current_stack()[0].to_string() != start
}

static DURING: AtomicU64 = AtomicU64::new(0);

extern "C" fn looks_at_stack(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    DURING.store(current_stack()[1], Ordering::SeqCst);
}

fn an_alternate_stack_is_given_up_while_it_is_used() {
    // SS_AUTODISARM
    let stack = alternate(1 << 31);
    handled(SIGUSR1, libc::SA_ONSTACK, looks_at_stack);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(DURING.load(Ordering::SeqCst), libc::SS_DISABLE as u64);
    assert_eq!(current_stack()[0], stack[0]);
}

/// Uses the stack without an end.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    let page = [depth as u8; 4096];
    let first = u64::from(std::hint::black_box(&page)[0]);
    if depth == u64::MAX { first } else { descend(depth + 1) + first }
}

extern "C" fn ends_well(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    exit(7);
}

fn an_overflowing_stack_is_told_on_another_one() {
    let child = Child::start(|| {
        alternate(0);
        handled(libc::SIGSEGV, libc::SA_ONSTACK, ends_well);
        std::hint::black_box(descend(0));
    });
    assert_eq!(child.status(), 7);
}

fn a_program_has_no_posix_timers() {
    let child = Child::start(|| {
        let mut number = -1_i32;
        assert_eq!(call!(SYS_timer_create, libc::CLOCK_MONOTONIC, 0, &mut number), Ok(0));
        assert_eq!(call!(SYS_timer_settime, number, 0, &[0_i64, 0, 100, 0], 0), Ok(0));
        crate::again::become_self(&["timer", &number.to_string()]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn has_no_timer(number: &str) -> bool {
    let number: i32 = number.parse().unwrap_or(0);
    call!(SYS_timer_delete, number) == Err(libc::EINVAL)
}

fn a_child_that_is_not_to_be_waited_for_is_gone() {
    noted(libc::SIGCHLD, libc::SA_NOCLDWAIT);
    let child = Child::start(|| pause(20));
    assert_eq!(call!(SYS_wait4, child.id, 0, 0, 0), Err(libc::ECHILD));
    assert_eq!(call!(SYS_kill, child.id, 0), Err(libc::ESRCH));
}

extern "C" fn forks(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    let id = call!(SYS_fork);
    if id == Ok(0) {
        exit(3);
    }
    let mut status = 0;
    let _ = call!(SYS_wait4, id.unwrap_or(0), &mut status, 0, 0);
    HANDLED.store(status as u64, Ordering::SeqCst);
}

fn a_handler_that_forks() {
    handled(SIGUSR1, 0, forks);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(HANDLED.load(Ordering::SeqCst), 3 << 8);
}

fn a_handler_that_ends_the_process() {
    let child = Child::start(|| {
        handled(SIGALRM, 0, ends_well);
        let _ = call!(SYS_setitimer, libc::ITIMER_REAL, &[0_i64, 0, 0, 20_000], 0);
        loop {
            std::hint::spin_loop();
        }
    });
    assert_eq!(child.status(), 7);
}

fn many_threads_end_while_the_process_ends() {
    for round in 0..15_u64 {
        let child = Child::start(|| {
            for _ in 0..8 {
                std::thread::spawn(|| {
                    for _ in 0..100 {
                        let _ = call!(SYS_sched_yield);
                    }
                });
            }
            std::thread::sleep(Duration::from_micros(round * 97 % 1500));
            exit(9);
        });
        assert_eq!(child.status(), 9);
    }
}

fn an_exec_while_threads_run() {
    let parent = own().to_string();
    for _ in 0..5 {
        let child = Child::start(|| {
            for _ in 0..4 {
                std::thread::spawn(|| {
                    loop {
                        let _ = call!(SYS_sched_yield);
                    }
                });
            }
            pause(5);
            let id = own().to_string();
            crate::again::become_self(&["process", &parent, &id]);
        });
        assert_eq!(child.status(), 0);
    }
}

fn a_kill_of_all_spares_the_killer() {
    crate::running::needs_root();
    let words = shared_words();
    // As a user whom nothing else belongs to.
    let other = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 34_567), Ok(0));
        words[0].store(1, Ordering::SeqCst);
        pause(10_000);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    let killer = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 34_567), Ok(0));
        assert_eq!(call!(SYS_kill, -1, SIGKILL), Ok(0));
        exit(5);
    });
    assert_eq!(killer.status(), 5);
    assert_eq!(other.signal(), SIGKILL);
}

fn wrong_addresses_fail_everywhere() {
    let number = call!(SYS_fork).unwrap();
    if number == 0 {
        exit(0);
    }
    for wrong in [0xffff_ffff_8000_0000_u64, 0x1000, 0x7fff_ffff_f000] {
        let refused: [Result<i64, c_int>; 14] = [
            call!(SYS_rt_sigaction, SIGUSR1, wrong, 0, 8),
            call!(SYS_rt_sigaction, SIGUSR1, 0, wrong, 8),
            call!(SYS_rt_sigpending, wrong, 8),
            call!(SYS_rt_sigtimedwait, wrong, 0, 0, 8),
            call!(SYS_sigaltstack, wrong, 0),
            call!(SYS_clock_gettime, 0, wrong),
            call!(SYS_nanosleep, wrong, 0),
            call!(SYS_getrusage, 0, wrong),
            call!(SYS_times, wrong),
            call!(SYS_setitimer, 0, wrong, 0),
            call!(SYS_timer_create, 1, wrong, wrong),
            call!(SYS_uname, wrong),
            call!(SYS_sysinfo, wrong),
            call!(SYS_getrlimit, 0, wrong),
        ];
        assert_eq!(refused, [Err(libc::EFAULT); 14], "{wrong:#x}");
        assert_eq!(
            call!(SYS_wait4, number, wrong, WNOHANG | libc::WUNTRACED, 0).err().unwrap_or(libc::EFAULT),
            libc::EFAULT
        );
        if call!(SYS_kill, number, 0).is_err() {
            break;
        }
    }
}

fn a_timer_of_each_of_many_processes() {
    let children: Vec<Child> = (0..20)
        .map(|number: i64| {
            Child::start(move || {
                noted(SIGALRM, 0);
                let setting = [0, 7000 + number * 100, 0, 20_000 - number * 500];
                assert_eq!(call!(SYS_setitimer, libc::ITIMER_REAL, &setting, 0), Ok(0));
                eventually(|| told::count() >= 3);
            })
        })
        .collect();
    for child in children {
        assert_eq!(child.status(), 0);
    }
}
