//! Signals: who gets them, when, and what a handler finds and leaves.

use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use libc::{SIGCONT, SIGHUP, SIGSEGV, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2, c_int, c_void, siginfo_t};

use crate::calls::{Child, eventually, pause, shared_words};
use crate::told::{self, bit, block, blocked, handled, noted, own, pending, unblock};

crate::tests! {
    a_thread_is_found_before_it_has_run,
    a_handler_is_told_who_has_killed,
    a_thread_that_is_killed_is_told_so,
    a_signal_is_blocked_while_its_handler_runs,
    a_handler_of_nodefer_is_interrupted_by_its_own_signal,
    a_handler_of_resethand_runs_once,
    a_handlers_mask_is_blocked_while_it_runs,
    a_usual_signal_that_comes_twice_is_delivered_once,
    what_is_blocked_waits,
    an_ignored_signal_is_not_kept,
    a_signal_that_is_blocked_and_ignored_later_is_dropped,
    kill_and_stop_are_not_caught,
    kill_and_stop_are_not_blocked,
    a_fork_inherits_handlers_and_mask_and_nothing_pending,
    an_exec_keeps_what_is_ignored_and_blocked,
    a_handler_runs_on_its_own_stack,
    a_handlers_own_stack_is_not_changed_on_it,
    a_stack_that_is_too_small_is_refused,
    a_stack_is_disabled,
    a_fault_tells_its_address,
    a_fault_in_a_handler_ends_the_process,
    a_blocked_fault_ends_the_process,
    a_division_by_zero_is_told,
    a_wrong_instruction_is_told,
    a_handler_may_jump_out,
    a_restarting_handler_has_a_read_begin_again,
    a_read_is_interrupted_by_a_handler,
    a_pause_ends_with_a_handler,
    a_suspended_thread_has_its_mask_again,
    a_stopped_process_does_nothing_until_it_continues,
    a_killed_process_that_is_stopped_ends,
    kill_of_signal_zero_asks_for_existence,
    kill_of_a_number_that_is_no_signal_fails,
    kill_reaches_a_whole_group,
    a_signal_for_one_thread_is_that_threads,
    a_dying_child_tells_its_parent,
    a_child_that_nobody_wants_leaves_nothing,
    stops_of_children_are_not_told_where_nobody_asks,
    the_mask_of_an_unknown_way_is_refused,
    the_size_of_a_set_is_checked,
    the_first_process_is_not_killed_by_its_own_child,
}

fn a_handler_is_told_who_has_killed() {
    noted(SIGUSR1, 0);
    assert_eq!(call!(SYS_kill, own(), SIGUSR1), Ok(0));
    assert_eq!(told::count(), 1);
    let user = call!(SYS_getuid).unwrap() as i32;
    let had = told::at(0);
    assert_eq!((had.signal, had.code, had.id, had.user), (SIGUSR1, libc::SI_USER, own(), user));
}

fn a_thread_that_is_killed_is_told_so() {
    noted(SIGUSR1, 0);
    let thread = call!(SYS_gettid).unwrap();
    assert_eq!(call!(SYS_tgkill, own(), thread, SIGUSR1), Ok(0));
    let had = told::at(0);
    assert_eq!((had.code, had.id), (libc::SI_TKILL, own()));
    assert_eq!(call!(SYS_tgkill, own() + 1_000_000, thread, SIGUSR1), Err(libc::ESRCH));
    assert_eq!(call!(SYS_tgkill, -1, thread, SIGUSR1), Err(libc::EINVAL));
}

static DEPTH: AtomicI32 = AtomicI32::new(0);
static DEEPEST: AtomicI32 = AtomicI32::new(0);

extern "C" fn nests(signal: c_int, _: *mut siginfo_t, _: *mut c_void) {
    let depth = DEPTH.fetch_add(1, Ordering::SeqCst) + 1;
    DEEPEST.fetch_max(depth, Ordering::SeqCst);
    if DEEPEST.load(Ordering::SeqCst) < 3 && depth < 3 {
        let _ = call!(SYS_kill, own(), signal);
    }
    DEPTH.fetch_sub(1, Ordering::SeqCst);
}

fn a_signal_is_blocked_while_its_handler_runs() {
    handled(SIGUSR1, 0, once);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(DEEPEST.load(Ordering::SeqCst), 1);
    assert_eq!(blocked() & bit(SIGUSR1), 0, "it is not blocked after the handler");
}

extern "C" fn once(signal: c_int, _: *mut siginfo_t, _: *mut c_void) {
    let depth = DEPTH.fetch_add(1, Ordering::SeqCst) + 1;
    DEEPEST.fetch_max(depth, Ordering::SeqCst);
    if ROUNDS.fetch_add(1, Ordering::SeqCst) < 3 {
        let _ = call!(SYS_kill, own(), signal);
    }
    DEPTH.fetch_sub(1, Ordering::SeqCst);
}

static ROUNDS: AtomicI32 = AtomicI32::new(0);

fn a_handler_of_nodefer_is_interrupted_by_its_own_signal() {
    handled(SIGUSR1, libc::SA_NODEFER, nests);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(DEEPEST.load(Ordering::SeqCst), 3);
}

fn a_handler_of_resethand_runs_once() {
    let child = Child::start(|| {
        noted(SIGUSR1, libc::SA_RESETHAND);
        let _ = call!(SYS_kill, own(), SIGUSR1);
        assert_eq!(told::count(), 1);
        let _ = call!(SYS_kill, own(), SIGUSR1);
    });
    assert_eq!(child.signal(), SIGUSR1);
}

static SEEN: AtomicU64 = AtomicU64::new(0);

extern "C" fn sees_mask(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    SEEN.store(blocked(), Ordering::SeqCst);
}

fn a_handlers_mask_is_blocked_while_it_runs() {
    // SAFETY: a structure of zeros is valid; the handler is of the kind that the flag says.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = sees_mask as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaddset(&raw mut action.sa_mask, SIGUSR2);
        libc::sigaction(SIGUSR1, &raw const action, std::ptr::null_mut());
    }
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(SEEN.load(Ordering::SeqCst) & (bit(SIGUSR1) | bit(SIGUSR2)), bit(SIGUSR1) | bit(SIGUSR2));
    assert_eq!(blocked(), 0);
}

fn a_usual_signal_that_comes_twice_is_delivered_once() {
    noted(SIGUSR1, 0);
    block(bit(SIGUSR1));
    for _ in 0..3 {
        let _ = call!(SYS_kill, own(), SIGUSR1);
    }
    unblock(bit(SIGUSR1));
    assert_eq!(told::count(), 1);
}

fn what_is_blocked_waits() {
    noted(SIGUSR1, 0);
    block(bit(SIGUSR1));
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!((told::count(), pending()), (0, bit(SIGUSR1)));
    unblock(bit(SIGUSR1));
    assert_eq!((told::count(), pending()), (1, 0));
}

fn ignore(signal: c_int) {
    // SAFETY: no handler.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

fn an_ignored_signal_is_not_kept() {
    ignore(SIGUSR1);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    noted(SIGUSR1, 0);
    assert_eq!((told::count(), pending()), (0, 0));
}

fn a_signal_that_is_blocked_and_ignored_later_is_dropped() {
    block(bit(SIGUSR1));
    let _ = call!(SYS_kill, own(), SIGUSR1);
    ignore(SIGUSR1);
    assert_eq!(pending(), 0);
    unblock(bit(SIGUSR1));
}

fn kill_and_stop_are_not_caught() {
    for signal in [libc::SIGKILL, SIGSTOP] {
        let action = [0_u64; 4];
        assert_eq!(call!(SYS_rt_sigaction, signal, &action, 0, 8), Err(libc::EINVAL));
        assert_eq!(call!(SYS_rt_sigaction, signal, 0, &mut [0_u64; 4], 8), Ok(0), "it may be looked at");
    }
    assert_eq!(call!(SYS_rt_sigaction, 65, 0, 0, 8), Err(libc::EINVAL));
    assert_eq!(call!(SYS_rt_sigaction, 0, 0, 0, 8), Err(libc::EINVAL));
}

fn kill_and_stop_are_not_blocked() {
    block(u64::MAX);
    assert_eq!(blocked(), !(bit(libc::SIGKILL) | bit(SIGSTOP)));
}

fn a_fork_inherits_handlers_and_mask_and_nothing_pending() {
    noted(SIGUSR1, 0);
    block(bit(SIGUSR1));
    let _ = call!(SYS_kill, own(), SIGUSR1);
    let child = Child::start(|| {
        assert_eq!((blocked(), pending()), (bit(SIGUSR1), 0));
        unblock(bit(SIGUSR1));
        assert_eq!(told::count(), 0);
        let _ = call!(SYS_kill, own(), SIGUSR1);
        assert_eq!(told::count(), 1);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(pending(), bit(SIGUSR1));
}

fn an_exec_keeps_what_is_ignored_and_blocked() {
    let child = Child::start(|| {
        ignore(SIGHUP);
        noted(SIGTERM, 0);
        block(bit(SIGUSR1));
        crate::again::become_self(&["signals", &(bit(SIGUSR1)).to_string()]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn after_exec(mask: &str) -> bool {
    let handler = |signal: c_int| {
        let mut action = [0_u64; 4];
        let _ = call!(SYS_rt_sigaction, signal, 0, &mut action, 8);
        action[0]
    };
    blocked().to_string() == mask && handler(SIGHUP) == 1 && handler(SIGTERM) == 0
}

/// Gives handlers a stack of their own, and says where it is.
fn own_stack(flags: c_int) -> [u64; 2] {
    let size = 65_536;
    let start = call!(
        SYS_mmap,
        0,
        size,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
        0
    )
    .unwrap() as u64;
    let stack = [start, flags as u64, size];
    assert_eq!(call!(SYS_sigaltstack, &stack, 0), Ok(0));
    [start, start + size]
}

fn a_handler_runs_on_its_own_stack() {
    let [start, end] = own_stack(0);
    noted(SIGUSR1, libc::SA_ONSTACK);
    noted(SIGUSR2, 0);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert!((start..end).contains(&told::stack()));
    let _ = call!(SYS_kill, own(), SIGUSR2);
    assert!(!(start..end).contains(&told::stack()));
    let mut had = [0_u64; 3];
    assert_eq!(call!(SYS_sigaltstack, 0, &mut had), Ok(0));
    assert_eq!((had[0], had[1] & 0xffff_ffff, had[2]), (start, 0, end - start));
}

static RESULT: AtomicI32 = AtomicI32::new(0);
static FLAGS: AtomicI32 = AtomicI32::new(-1);

extern "C" fn changes_stack(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    let mut had = [0_u64; 3];
    let _ = call!(SYS_sigaltstack, 0, &mut had);
    FLAGS.store(had[1] as i32, Ordering::SeqCst);
    let none = [0_u64, libc::SS_DISABLE as u64, 0];
    RESULT.store(call!(SYS_sigaltstack, &none, 0).err().unwrap_or(0), Ordering::SeqCst);
}

fn a_handlers_own_stack_is_not_changed_on_it() {
    own_stack(0);
    handled(SIGUSR1, libc::SA_ONSTACK, changes_stack);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(FLAGS.load(Ordering::SeqCst), libc::SS_ONSTACK);
    assert_eq!(RESULT.load(Ordering::SeqCst), libc::EPERM);
}

fn a_stack_that_is_too_small_is_refused() {
    let stack = [0x10_0000_u64, 0, 1024];
    assert_eq!(call!(SYS_sigaltstack, &stack, 0), Err(libc::ENOMEM));
    let stack = [0x10_0000_u64, 0x100, 65_536];
    assert_eq!(call!(SYS_sigaltstack, &stack, 0), Err(libc::EINVAL));
}

fn a_stack_is_disabled() {
    own_stack(0);
    assert_eq!(call!(SYS_sigaltstack, &[0_u64, libc::SS_DISABLE as u64, 0], 0), Ok(0));
    let mut had = [0_u64; 3];
    assert_eq!(call!(SYS_sigaltstack, 0, &mut had), Ok(0));
    assert_eq!(had[1] as i32, libc::SS_DISABLE);
    noted(SIGUSR1, libc::SA_ONSTACK);
    let _ = call!(SYS_kill, own(), SIGUSR1);
    assert_eq!(told::count(), 1);
}

extern "C" fn ends_with_facts(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel has put 128 bytes there.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as u64) };
    let words = shared_words_of_test();
    words[0].store(signal as u64, Ordering::SeqCst);
    words[1].store(code as u64, Ordering::SeqCst);
    words[2].store(address, Ordering::SeqCst);
    crate::calls::exit(3);
}

static WORDS: AtomicU64 = AtomicU64::new(0);

fn shared_words_of_test() -> &'static [AtomicU64; 512] {
    let at = WORDS.load(Ordering::SeqCst);
    // SAFETY: set by the test to a page that stays.
    unsafe { &*(at as *const [AtomicU64; 512]) }
}

/// What a handler is told of a fault that a child makes: signal, code, address.
fn faults(signal: c_int, fault: fn()) -> [u64; 3] {
    let words = shared_words();
    WORDS.store(words.as_ptr() as u64, Ordering::SeqCst);
    let child = Child::start(|| {
        handled(signal, 0, ends_with_facts);
        fault();
    });
    assert_eq!(child.status(), 3);
    [0, 1, 2].map(|place: usize| words[place].load(Ordering::SeqCst))
}

fn a_fault_tells_its_address() {
    let unmapped = faults(SIGSEGV, || {
        // SAFETY: it is meant to fault.
        unsafe { std::ptr::write_volatile(0x1234_5000 as *mut u8, 1) };
    });
    assert_eq!(unmapped, [SIGSEGV as u64, 1, 0x1234_5000]);
    let denied = faults(SIGSEGV, || {
        let page = call!(
            SYS_mmap,
            0x2000_0000,
            4096,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0
        );
        // SAFETY: it is meant to fault.
        unsafe { std::ptr::write_volatile((page.unwrap() + 8) as *mut u8, 1) };
    });
    assert_eq!(denied, [SIGSEGV as u64, 2, 0x2000_0008]);
}

extern "C" fn faults_again(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: it is meant to fault.
    unsafe { std::ptr::write_volatile(0x1234_5000 as *mut u8, 1) };
}

fn a_fault_in_a_handler_ends_the_process() {
    let child = Child::start(|| {
        handled(SIGSEGV, 0, faults_again);
        // SAFETY: it is meant to fault.
        unsafe { std::ptr::write_volatile(0x1234_5000 as *mut u8, 1) };
    });
    assert_eq!(child.signal(), SIGSEGV);
}

fn a_blocked_fault_ends_the_process() {
    let child = Child::start(|| {
        noted(SIGSEGV, 0);
        block(bit(SIGSEGV));
        // SAFETY: it is meant to fault.
        unsafe { std::ptr::write_volatile(0x1234_5000 as *mut u8, 1) };
    });
    assert_eq!(child.signal(), SIGSEGV);
}

fn a_division_by_zero_is_told() {
    let [signal, code, _] = faults(libc::SIGFPE, || {
        // SAFETY: it is meant to fault.
        unsafe {
            std::arch::asm!("xor edx, edx", "xor ecx, ecx", "mov eax, 1", "div ecx", out("eax") _, out("ecx") _, out("edx") _);
        };
    });
    // FPE_INTDIV
    assert_eq!((signal, code), (libc::SIGFPE as u64, 1));
}

fn a_wrong_instruction_is_told() {
    let [signal, code, address] = faults(libc::SIGILL, || {
        // SAFETY: it is meant to fault.
        unsafe { std::arch::asm!("ud2") };
    });
    // ILL_ILLOPN
    assert_eq!((signal, code), (libc::SIGILL as u64, 2));
    assert_ne!(address, 0);
}

extern "C" fn skips(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel has put a context there; the instruction has two bytes.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] += 2 };
}

fn a_handler_may_jump_out() {
    handled(libc::SIGILL, 0, skips);
    // SAFETY: the handler goes on behind it.
    unsafe { std::arch::asm!("ud2") };
    // SAFETY: as before: the frame has been taken down.
    unsafe { std::arch::asm!("ud2") };
}

/// A pipe whose reader a child is, that notes how its reading has ended.
fn reads_while_signalled(flags: c_int) -> u64 {
    let words = shared_words();
    let mut ends = [0_i32; 2];
    assert_eq!(call!(SYS_pipe2, &mut ends, 0), Ok(0));
    let child = Child::start(|| {
        noted(SIGUSR1, flags);
        words[0].store(1, Ordering::SeqCst);
        let mut byte = 0_u8;
        let result = call!(SYS_read, ends[0], &mut byte, 1);
        words[1]
            .store(result.map_or_else(|error| 100 + error as u64, |count| count as u64), Ordering::SeqCst);
        assert_eq!(told::count(), 1);
    });
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
    pause(50);
    child.kill(SIGUSR1);
    pause(50);
    assert_eq!(call!(SYS_write, ends[1], &7_u8, 1), Ok(1));
    assert_eq!(child.status(), 0);
    words[1].load(Ordering::SeqCst)
}

fn a_restarting_handler_has_a_read_begin_again() {
    assert_eq!(reads_while_signalled(libc::SA_RESTART), 1);
}

fn a_read_is_interrupted_by_a_handler() {
    assert_eq!(reads_while_signalled(0), 100 + libc::EINTR as u64);
}

fn a_pause_ends_with_a_handler() {
    let parent = own();
    noted(SIGUSR1, libc::SA_RESTART);
    let child = Child::start(|| {
        pause(50);
        let _ = call!(SYS_kill, parent, SIGUSR1);
    });
    assert_eq!(call!(SYS_pause), Err(libc::EINTR));
    assert_eq!((told::count(), child.status()), (1, 0));
}

fn a_suspended_thread_has_its_mask_again() {
    noted(SIGUSR1, 0);
    block(bit(SIGUSR1));
    let _ = call!(SYS_kill, own(), SIGUSR1);
    let none = 0_u64;
    assert_eq!(call!(SYS_rt_sigsuspend, &none, 8), Err(libc::EINTR));
    assert_eq!((told::count(), blocked()), (1, bit(SIGUSR1)));
    assert_eq!(call!(SYS_rt_sigsuspend, &none, 4), Err(libc::EINVAL));
}

fn a_stopped_process_does_nothing_until_it_continues() {
    let words = shared_words();
    let child = Child::start(|| {
        loop {
            words[0].fetch_add(1, Ordering::SeqCst);
            pause(1);
        }
    });
    eventually(|| words[0].load(Ordering::SeqCst) > 2);
    child.kill(SIGSTOP);
    let mut status = 0;
    assert_eq!(call!(SYS_wait4, child.id, &mut status, libc::WUNTRACED, 0), Ok(i64::from(child.id)));
    assert!(libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == SIGSTOP);
    let before = words[0].load(Ordering::SeqCst);
    pause(50);
    assert_eq!(words[0].load(Ordering::SeqCst), before);
    child.kill(SIGCONT);
    assert_eq!(call!(SYS_wait4, child.id, &mut status, libc::WCONTINUED, 0), Ok(i64::from(child.id)));
    assert!(libc::WIFCONTINUED(status));
    eventually(|| words[0].load(Ordering::SeqCst) > before + 2);
    child.kill(libc::SIGKILL);
    assert_eq!(child.signal(), libc::SIGKILL);
}

fn a_killed_process_that_is_stopped_ends() {
    let child = Child::start(|| pause(10_000));
    child.kill(SIGSTOP);
    assert_eq!(call!(SYS_wait4, child.id, 0, libc::WUNTRACED, 0), Ok(i64::from(child.id)));
    child.kill(SIGTERM);
    pause(30);
    assert_eq!(call!(SYS_wait4, child.id, 0, libc::WNOHANG, 0), Ok(0), "SIGTERM waits for SIGCONT");
    child.kill(libc::SIGKILL);
    assert_eq!(child.signal(), libc::SIGKILL);
}

fn kill_of_signal_zero_asks_for_existence() {
    let child = Child::start(|| {});
    assert_eq!(call!(SYS_kill, child.id, 0), Ok(0), "also of one that has ended and was not waited for");
    child.wait();
    assert_eq!(call!(SYS_kill, child.id, 0), Err(libc::ESRCH));
}

fn kill_of_a_number_that_is_no_signal_fails() {
    assert_eq!(call!(SYS_kill, own(), 65), Err(libc::EINVAL));
    assert_eq!(call!(SYS_kill, own(), -1), Err(libc::EINVAL));
}

fn kill_reaches_a_whole_group() {
    let first = Child::start(|| {
        let _ = call!(SYS_setpgid, 0, 0);
        pause(10_000);
    });
    eventually(|| call!(SYS_getpgid, first.id) == Ok(i64::from(first.id)));
    let second = Child::start(|| {
        assert_eq!(call!(SYS_setpgid, 0, first.id), Ok(0));
        pause(10_000);
    });
    eventually(|| call!(SYS_getpgid, second.id) == Ok(i64::from(first.id)));
    assert_eq!(call!(SYS_kill, -first.id, SIGTERM), Ok(0));
    assert_eq!((first.signal(), second.signal()), (SIGTERM, SIGTERM));
    assert_eq!(call!(SYS_kill, -first.id, SIGTERM), Err(libc::ESRCH));
}

fn a_signal_for_one_thread_is_that_threads() {
    static GOT: AtomicI32 = AtomicI32::new(0);
    extern "C" fn who(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
        GOT.store(call!(SYS_gettid).unwrap_or(0) as i32, Ordering::SeqCst);
    }
    handled(SIGUSR1, 0, who);
    let number = std::sync::Arc::new(AtomicI32::new(0));
    let others = std::sync::Arc::clone(&number);
    let thread = std::thread::spawn(move || {
        others.store(call!(SYS_gettid).unwrap_or(0) as i32, Ordering::SeqCst);
        eventually(|| GOT.load(Ordering::SeqCst) != 0);
    });
    eventually(|| number.load(Ordering::SeqCst) != 0);
    let id = number.load(Ordering::SeqCst);
    assert_eq!(call!(SYS_tgkill, own(), id, SIGUSR1), Ok(0));
    thread.join().unwrap();
    assert_eq!(GOT.load(Ordering::SeqCst), id);
}

fn a_dying_child_tells_its_parent() {
    noted(libc::SIGCHLD, 0);
    let child = Child::start(|| crate::calls::exit(5));
    eventually(|| told::count() == 1);
    let had = told::at(0);
    assert_eq!((had.code, had.id, had.value), (libc::CLD_EXITED, child.id, 5));
    assert_eq!(child.status(), 5);
    let child = Child::start(|| pause(10_000));
    child.kill(libc::SIGKILL);
    eventually(|| told::count() == 2);
    let had = told::at(1);
    assert_eq!((had.code, had.id, had.value), (libc::CLD_KILLED, child.id, libc::SIGKILL));
    child.wait();
}

fn a_child_that_nobody_wants_leaves_nothing() {
    ignore(libc::SIGCHLD);
    let child = Child::start(|| pause(20));
    assert_eq!(call!(SYS_wait4, child.id, 0, 0, 0), Err(libc::ECHILD), "it waits for the end all the same");
    assert_eq!(call!(SYS_kill, child.id, 0), Err(libc::ESRCH));
}

fn stops_of_children_are_not_told_where_nobody_asks() {
    noted(libc::SIGCHLD, libc::SA_NOCLDSTOP);
    let child = Child::start(|| pause(10_000));
    child.kill(SIGSTOP);
    assert_eq!(call!(SYS_wait4, child.id, 0, libc::WUNTRACED, 0), Ok(i64::from(child.id)));
    assert_eq!(told::count(), 0);
    noted(libc::SIGCHLD, 0);
    child.kill(SIGCONT);
    eventually(|| told::count() == 1);
    assert_eq!((told::at(0).code, told::at(0).value), (libc::CLD_CONTINUED, SIGCONT));
    child.kill(libc::SIGKILL);
    child.wait();
}

fn the_mask_of_an_unknown_way_is_refused() {
    assert_eq!(call!(SYS_rt_sigprocmask, 3, &0_u64, 0, 8), Err(libc::EINVAL));
    assert_eq!(call!(SYS_rt_sigprocmask, 3, 0, 0, 8), Ok(0), "who sets nothing may say anything");
    assert_eq!(call!(SYS_rt_sigprocmask, 0, 8, 0, 8), Err(libc::EFAULT));
}

fn the_size_of_a_set_is_checked() {
    let mut set = [0_u64; 2];
    assert_eq!(call!(SYS_rt_sigprocmask, 0, 0, &mut set, 16), Err(libc::EINVAL));
    assert_eq!(call!(SYS_rt_sigpending, &mut set, 16), Err(libc::EINVAL));
    assert_eq!(call!(SYS_rt_sigaction, SIGUSR1, 0, 0, 4), Err(libc::EINVAL));
}

fn the_first_process_is_not_killed_by_its_own_child() {
    crate::running::needs_root();
    // It has no handler for it, and what it has none for it does not get.
    if call!(SYS_kill, 1, 0) != Ok(0) {
        crate::running::pass_over("there is no first process to be seen");
    }
    let name = std::fs::read_to_string("/proc/1/comm").unwrap_or_default();
    if !name.starts_with("init") || std::fs::read("/proc/lockorder").is_err() {
        // Whoever else is first is somebody else's.
        return;
    }
    assert_eq!(call!(SYS_kill, 1, libc::SIGKILL), Ok(0));
    pause(20);
    assert_eq!(call!(SYS_kill, 1, 0), Ok(0));
}

fn a_thread_is_found_before_it_has_run() {
    use std::os::unix::thread::JoinHandleExt as _;

    for _ in 0..100 {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || receiver.recv());
        // SAFETY: nobody has joined it.
        assert_eq!(unsafe { libc::pthread_kill(thread.as_pthread_t(), 0) }, 0);
        drop(sender);
        thread.join().unwrap().unwrap_err();
    }
    for _ in 0..30 {
        let child = Child::start(|| pause(10_000));
        assert_eq!(call!(SYS_tgkill, child.id, child.id, libc::SIGKILL), Ok(0));
        child.wait();
    }
}
