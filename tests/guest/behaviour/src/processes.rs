//! Children: how they begin and end, and what their parent hears.

use std::sync::atomic::Ordering;

use libc::{P_ALL, P_PGID, P_PID, SIGCONT, SIGSTOP, WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WSTOPPED};

use crate::calls::{Child, eventually, exit, pause, shared_words};
use crate::told::{Told, own};

crate::tests! {
    a_child_has_its_own_number,
    a_child_has_its_own_memory,
    a_child_of_vfork_shares_memory,
    a_parent_of_vfork_waits,
    exit_keeps_eight_bits,
    the_last_thread_to_end_gives_the_status,
    an_ended_first_thread_is_not_the_end,
    exit_of_all_ends_every_thread,
    wait_without_children_fails,
    wait_takes_a_child_once,
    wait_for_a_group,
    wait_refuses_unknown_options,
    a_wait_that_does_not_want_to_wait,
    an_orphan_gets_another_parent,
    a_reaper_gets_orphans,
    many_children_come_and_go,
    forks_of_forks_end,
    a_killed_child_is_told_by_its_signal,
    waitid_tells_everything,
    waitid_looks_without_taking,
    waitid_tells_stops_and_continuations,
    waitid_refuses_what_makes_no_sense,
    waitid_waits_for_a_descriptor,
    an_exec_keeps_the_process,
    an_exec_of_nothing_fails,
    an_exec_from_a_thread_is_the_process,
    clone3_makes_a_child,
    clone3_clears_handlers,
    clone3_checks_its_arguments,
    clone_refuses_what_does_not_go_together,
    a_child_is_told_by_the_signal_it_was_made_with,
    a_sibling_is_told_as_its_maker_is,
    an_orphan_is_told_as_usual,
    a_program_is_told_as_usual,
    a_new_program_is_told_as_usual,
    a_threads_number_is_cleared_at_its_end,
    a_name_is_kept_and_told,
    a_parents_death_is_told,
    usual_controls_are_there,
    unknown_controls_are_refused,
    a_personality_is_kept,
    an_unknown_call_is_none,
    a_child_killed_at_any_moment_leaves_the_others_alone,
}

fn a_child_has_its_own_number() {
    let words = shared_words();
    let parent = call!(SYS_getpid).unwrap();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_getppid), Ok(parent));
        assert_eq!(call!(SYS_getpid), call!(SYS_gettid));
        words[0].store(call!(SYS_getpid).unwrap() as u64, Ordering::SeqCst);
    });
    assert_eq!(child.status(), 0);
    assert_eq!(words[0].load(Ordering::SeqCst), child.id as u64);
}

fn a_child_has_its_own_memory() {
    let mut word = 1_u64;
    let place = &raw mut word;
    let child = Child::start(|| {
        // SAFETY: the child's own copy.
        unsafe { place.write_volatile(2) };
    });
    assert_eq!(child.status(), 0);
    // SAFETY: this function's.
    assert_eq!(unsafe { place.read_volatile() }, 1);
}

/// A child by `vfork`, that writes a word after a while, and ends with status 4.
fn vfork_and_write(word: &mut u64) -> i32 {
    let id: i64;
    let time = [0_i64, 40_000_000];
    // SAFETY: the child uses registers and this word only.
    unsafe {
        std::arch::asm!(
            "mov eax, 58", "syscall", "test rax, rax", "jnz 2f",
            "mov rdi, r13", "xor esi, esi", "mov eax, 35", "syscall",
            "mov qword ptr [r12], 42", "mov edi, 4", "mov eax, 60", "syscall",
            "2:",
            in("r12") word, in("r13") &time, out("rax") id, out("rcx") _, out("r11") _, out("rdi") _, out("rsi") _,
        );
    }
    id as i32
}

fn a_child_of_vfork_shares_memory() {
    let mut word = 0;
    let child = Child { id: vfork_and_write(&mut word) };
    assert_eq!((word, child.status()), (42, 4));
}

fn a_parent_of_vfork_waits() {
    let mut word = 0;
    let started = std::time::Instant::now();
    let child = Child { id: vfork_and_write(&mut word) };
    // It has ended, or become another program.
    assert!(started.elapsed() >= std::time::Duration::from_millis(40));
    assert_eq!(child.status(), 4);
}

fn exit_keeps_eight_bits() {
    assert_eq!(Child::start(|| exit(0x1234)).status(), 0x34);
}

fn the_last_thread_to_end_gives_the_status() {
    let child = Child::start(|| {
        let thread = std::thread::spawn(|| {
            pause(40);
            let _ = call!(SYS_exit, 7);
        });
        let _ = call!(SYS_exit, 3);
        let _ = thread.join();
    });
    assert_eq!(child.status(), 7);
}

fn an_ended_first_thread_is_not_the_end() {
    let words = shared_words();
    let child = Child::start(|| {
        std::thread::spawn(|| {
            pause(40);
            words[0].store(1, Ordering::SeqCst);
            exit(8);
        });
        let _ = call!(SYS_exit, 3);
    });
    assert_eq!((child.status(), words[0].load(Ordering::SeqCst)), (8, 1));
}

fn exit_of_all_ends_every_thread() {
    let child = Child::start(|| {
        for _ in 0..4 {
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
        pause(10);
        let _ = call!(SYS_exit_group, 6);
    });
    assert_eq!(child.status(), 6);
}

fn wait_without_children_fails() {
    assert_eq!(call!(SYS_wait4, -1, 0, 0, 0), Err(libc::ECHILD));
    assert_eq!(call!(SYS_wait4, -1, 0, WNOHANG, 0), Err(libc::ECHILD));
}

fn wait_takes_a_child_once() {
    let child = Child::start(|| {});
    assert_eq!(child.status(), 0);
    assert_eq!(call!(SYS_wait4, child.id, 0, 0, 0), Err(libc::ECHILD));
}

fn wait_for_a_group() {
    let other = Child::start(|| {
        let _ = call!(SYS_setpgid, 0, 0);
        pause(20);
    });
    let _ = call!(SYS_setpgid, other.id, other.id);
    let own = Child::start(|| {});
    assert_eq!(call!(SYS_wait4, 0, 0, 0, 0), Ok(i64::from(own.id)));
    assert_eq!(call!(SYS_wait4, 0, 0, 0, 0), Err(libc::ECHILD));
    assert_eq!(call!(SYS_wait4, -other.id, 0, 0, 0), Ok(i64::from(other.id)));
}

fn wait_refuses_unknown_options() {
    assert_eq!(call!(SYS_wait4, -1, 0, 0x100, 0), Err(libc::EINVAL));
}

fn a_wait_that_does_not_want_to_wait() {
    let child = Child::start(|| pause(10_000));
    let mut status = 0x1234;
    assert_eq!(call!(SYS_wait4, child.id, &mut status, WNOHANG, 0), Ok(0));
    assert_eq!(status, 0x1234, "nothing is written");
    child.kill(libc::SIGKILL);
    child.wait();
}

fn an_orphan_gets_another_parent() {
    let words = shared_words();
    let parent = Child::start(|| {
        let middle = own();
        Child::start(|| {
            eventually(|| call!(SYS_getppid) != Ok(i64::from(middle)));
            words[0].store(1, Ordering::SeqCst);
        });
    });
    assert_eq!(parent.status(), 0);
    eventually(|| words[0].load(Ordering::SeqCst) == 1);
}

fn a_reaper_gets_orphans() {
    assert_eq!(call!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Ok(0));
    let mut is_reaper = 0;
    assert_eq!(call!(SYS_prctl, libc::PR_GET_CHILD_SUBREAPER, &mut is_reaper, 0, 0, 0), Ok(0));
    assert_eq!(is_reaper, 1);
    let words = shared_words();
    let parent = Child::start(|| {
        let orphan = Child::start(|| {
            pause(30);
            exit(9);
        });
        words[0].store(orphan.id as u64, Ordering::SeqCst);
    });
    assert_eq!(parent.status(), 0);
    let orphan = Child { id: words[0].load(Ordering::SeqCst) as i32 };
    assert_eq!(orphan.status(), 9);
}

fn many_children_come_and_go() {
    for round in 0..200 {
        let child = Child::start(|| exit(round & 0x7f));
        assert_eq!(child.status(), round & 0x7f);
    }
    let children: Vec<Child> = (0..30).map(|_| Child::start(|| {})).collect();
    for _ in &children {
        assert!(call!(SYS_wait4, -1, 0, 0, 0).is_ok());
    }
    assert_eq!(call!(SYS_wait4, -1, 0, 0, 0), Err(libc::ECHILD));
}

fn forks_of_forks_end() {
    fn tree(depth: u32) {
        if depth == 0 {
            return;
        }
        let children = [(); 2].map(|()| Child::start(|| tree(depth - 1)));
        for child in children {
            assert_eq!(child.status(), 0);
        }
    }
    tree(5);
}

fn a_killed_child_is_told_by_its_signal() {
    let child = Child::start(|| pause(10_000));
    child.kill(libc::SIGKILL);
    assert_eq!(child.signal(), libc::SIGKILL);
}

/// What `waitid` says.
fn waitid(kind: u32, id: i32, options: i32) -> Result<Told, i32> {
    let mut words = [0x55_i32; 32];
    call!(SYS_waitid, kind, id, &mut words, options, 0)?;
    Ok(Told::of(&words))
}

fn waitid_tells_everything() {
    let user = call!(SYS_getuid).unwrap() as i32;
    let told = |code, id, value| Told { signal: libc::SIGCHLD, code, id, user, value };
    let child = Child::start(|| exit(5));
    assert_eq!(waitid(P_PID, child.id, WEXITED), Ok(told(libc::CLD_EXITED, child.id, 5)));
    let child = Child::start(|| pause(10_000));
    child.kill(libc::SIGTERM);
    assert_eq!(waitid(P_ALL, 0, WEXITED), Ok(told(libc::CLD_KILLED, child.id, libc::SIGTERM)));
    let group = call!(SYS_getpgid, 0).unwrap() as i32;
    let child = Child::start(|| {});
    assert_eq!(waitid(P_PGID, group, WEXITED), Ok(told(libc::CLD_EXITED, child.id, 0)));
}

fn waitid_looks_without_taking() {
    let child = Child::start(|| exit(5));
    for _ in 0..3 {
        assert_eq!(waitid(P_PID, child.id, WEXITED | WNOWAIT).map(|told| told.value), Ok(5));
    }
    assert_eq!(child.status(), 5);
}

fn waitid_tells_stops_and_continuations() {
    let child = Child::start(|| pause(10_000));
    assert_eq!(waitid(P_PID, child.id, WSTOPPED | WNOHANG).map(|told| (told.signal, told.id)), Ok((0, 0)));
    child.kill(SIGSTOP);
    let told = waitid(P_PID, child.id, WSTOPPED).unwrap();
    assert_eq!((told.code, told.value), (libc::CLD_STOPPED, SIGSTOP));
    child.kill(SIGCONT);
    let told = waitid(P_PID, child.id, WCONTINUED).unwrap();
    assert_eq!((told.code, told.value), (libc::CLD_CONTINUED, SIGCONT));
    child.kill(libc::SIGKILL);
    eventually(|| waitid(P_PID, child.id, WEXITED | WNOHANG | WNOWAIT).is_ok_and(|told| told.id != 0));
    // Who does not ask for ends does not get one.
    assert_eq!(waitid(P_PID, child.id, WSTOPPED | WNOHANG), Err(libc::ECHILD), "it stops no more");
    child.wait();
}

fn waitid_refuses_what_makes_no_sense() {
    assert_eq!(waitid(P_ALL, 0, 0), Err(libc::EINVAL));
    assert_eq!(waitid(P_ALL, 0, WNOHANG), Err(libc::EINVAL));
    assert_eq!(waitid(P_ALL, 0, WEXITED | 0x100), Err(libc::EINVAL));
    assert_eq!(waitid(77, 0, WEXITED), Err(libc::EINVAL));
    assert_eq!(waitid(P_PID, 0, WEXITED), Err(libc::EINVAL));
    assert_eq!(waitid(P_PID, -5, WEXITED), Err(libc::EINVAL));
    assert_eq!(waitid(P_PGID, -5, WEXITED), Err(libc::EINVAL));
    assert_eq!(waitid(P_ALL, 0, WEXITED), Err(libc::ECHILD));
}

fn waitid_waits_for_a_descriptor() {
    let child = Child::start(|| exit(3));
    let descriptor = call!(SYS_pidfd_open, child.id, 0).unwrap() as i32;
    let mut polled = [descriptor, 1];
    assert_eq!(call!(SYS_poll, &mut polled, 1, 10_000), Ok(1));
    assert_eq!(
        waitid(libc::P_PIDFD, descriptor, WEXITED).map(|told| (told.id, told.value)),
        Ok((child.id, 3))
    );
    assert_eq!(call!(SYS_pidfd_send_signal, descriptor, 0, 0, 0), Err(libc::ESRCH));
    let child = Child::start(|| pause(10_000));
    let descriptor = call!(SYS_pidfd_open, child.id, 0).unwrap();
    assert_eq!(call!(SYS_pidfd_send_signal, descriptor, libc::SIGTERM, 0, 0), Ok(0));
    assert_eq!(child.signal(), libc::SIGTERM);
    assert_eq!(call!(SYS_pidfd_open, child.id, 0), Err(libc::ESRCH));
}

fn an_exec_keeps_the_process() {
    let parent = own().to_string();
    let child = Child::start(|| {
        let id = own().to_string();
        crate::again::become_self(&["process", &parent, &id]);
    });
    assert_eq!(child.status(), 0);
}

/// What the program that was executed looks at.
pub(crate) fn after_exec(parent: &str, id: &str) -> bool {
    let numbers = [call!(SYS_getppid), call!(SYS_getpid)].map(|number| number.unwrap_or(0).to_string());
    numbers == [parent, id]
        && call!(SYS_gettid) == call!(SYS_getpid)
        && std::env::var("MARK").as_deref() == Ok("here")
}

fn an_exec_of_nothing_fails() {
    let execute = |path: &std::ffi::CStr| {
        let arguments = [path.as_ptr(), std::ptr::null()];
        call!(SYS_execve, path.as_ptr(), arguments.as_ptr(), 0)
    };
    assert_eq!(execute(c"nothing"), Err(libc::ENOENT));
    assert_eq!(execute(c"/"), Err(libc::EACCES));
    std::fs::write("text", "no program").unwrap();
    assert_eq!(execute(c"text"), Err(libc::EACCES));
    assert_eq!(call!(SYS_chmod, c"text".as_ptr(), 0o755), Ok(0));
    assert_eq!(execute(c"text"), Err(libc::ENOEXEC));
    assert_eq!(call!(SYS_execve, 8, 0, 0), Err(libc::EFAULT));
}

fn an_exec_from_a_thread_is_the_process() {
    let parent = own().to_string();
    let child = Child::start(|| {
        let id = own().to_string();
        std::thread::spawn(move || crate::again::become_self(&["process", &parent, &id]));
        pause(10_000);
        exit(1);
    });
    assert_eq!(child.status(), 0);
}

/// `struct clone_args`: flags, descriptor, numbers, signal, stack, its size, own data, ...
fn clone3(arguments: &[u64; 11], size: usize) -> Result<i64, i32> {
    let result = call!(SYS_clone3, arguments, size);
    if result == Ok(0) {
        exit(6);
    }
    result
}

fn clone3_makes_a_child() {
    let mut arguments = [0_u64; 11];
    arguments[4] = libc::SIGCHLD as u64;
    let child = Child { id: clone3(&arguments, 88).unwrap() as i32 };
    assert_eq!(child.status(), 6);
    let child = Child { id: clone3(&arguments, 64).unwrap() as i32 };
    assert_eq!(child.status(), 6);
    let mut descriptor = -1_i32;
    arguments[0] = libc::CLONE_PIDFD as u64;
    arguments[1] = &raw mut descriptor as u64;
    let child = Child { id: clone3(&arguments, 88).unwrap() as i32 };
    assert!(descriptor >= 0);
    assert_eq!(waitid(libc::P_PIDFD, descriptor, WEXITED).map(|told| told.id), Ok(child.id));
}

fn clone3_clears_handlers() {
    crate::told::noted(libc::SIGUSR1, 0);
    let mut arguments = [0_u64; 11];
    // CLONE_CLEAR_SIGHAND
    arguments[0] = 1 << 32;
    arguments[4] = libc::SIGCHLD as u64;
    let id = call!(SYS_clone3, &arguments, 88).unwrap();
    if id == 0 {
        let _ = call!(SYS_kill, own(), libc::SIGUSR1);
        exit(0);
    }
    assert_eq!(Child { id: id as i32 }.signal(), libc::SIGUSR1);
    arguments[0] |= (libc::CLONE_SIGHAND | libc::CLONE_VM) as u64;
    assert_eq!(clone3(&arguments, 88), Err(libc::EINVAL));
}

fn clone3_checks_its_arguments() {
    let usual = {
        let mut arguments = [0_u64; 11];
        arguments[4] = libc::SIGCHLD as u64;
        arguments
    };
    let with = |place: usize, value: u64| {
        let mut arguments = usual;
        arguments[place] = value;
        clone3(&arguments, 88)
    };
    assert_eq!(clone3(&usual, 63), Err(libc::EINVAL));
    assert_eq!(clone3(&usual, 5000), Err(libc::E2BIG));
    assert_eq!(with(0, 1 << 40), Err(libc::EINVAL), "an unknown flag");
    assert_eq!(with(0, 0xff), Err(libc::EINVAL), "the signal has a field of its own");
    assert_eq!(with(4, 65), Err(libc::EINVAL));
    assert_eq!(with(5, 4096), Err(libc::EINVAL), "a stack without a size");
    assert_eq!(with(6, 4096), Err(libc::EINVAL), "a size without a stack");
    assert_eq!(call!(SYS_clone3, 8, 88), Err(libc::EFAULT));
    // What is longer than the structure has to be zero.
    let mut long = [0_u64; 16];
    long[4] = libc::SIGCHLD as u64;
    long[15] = 1;
    assert_eq!(call!(SYS_clone3, &long, 128), Err(libc::E2BIG));
}

fn clone_refuses_what_does_not_go_together() {
    for flags in [
        libc::CLONE_THREAD,
        libc::CLONE_THREAD | libc::CLONE_SIGHAND,
        libc::CLONE_SIGHAND,
        libc::CLONE_NEWNS | libc::CLONE_FS,
    ] {
        assert_eq!(call!(SYS_clone, flags, 0, 0, 0, 0), Err(libc::EINVAL), "{flags:#x}");
    }
}

fn a_child_is_told_by_the_signal_it_was_made_with() {
    crate::told::noted(libc::SIGUSR2, 0);
    crate::told::noted(libc::SIGCHLD, 0);
    let id = call!(SYS_clone, libc::SIGUSR2, 0, 0, 0, 0).unwrap();
    if id == 0 {
        exit(2);
    }
    eventually(|| crate::told::count() == 1);
    assert_eq!((crate::told::at(0).signal, crate::told::at(0).id), (libc::SIGUSR2, id as i32));
    assert_eq!(call!(SYS_wait4, id, 0, WNOHANG, 0), Err(libc::ECHILD), "it is no child of the usual kind");
    assert_eq!(call!(SYS_wait4, id, 0, libc::__WALL, 0), Ok(id));
}

fn a_sibling_is_told_as_its_maker_is() {
    crate::told::noted(libc::SIGUSR2, 0);
    let words = shared_words();
    let child = Child::start(|| {
        let id = call!(SYS_clone, libc::CLONE_PARENT | libc::SIGUSR2, 0, 0, 0, 0).unwrap();
        if id == 0 {
            exit(2);
        }
        words[0].store(id as u64, Ordering::SeqCst);
    });
    assert_eq!(child.status(), 0);
    let sibling = words[0].load(Ordering::SeqCst);
    assert_eq!(call!(SYS_wait4, sibling, 0, 0, 0), Ok(sibling as i64), "it is a child of the usual kind");
    assert_eq!(crate::told::count(), 0, "this process has not asked for another signal");
}

fn an_orphan_is_told_as_usual() {
    crate::told::noted(libc::SIGUSR2, 0);
    assert_eq!(call!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Ok(0));
    let words = shared_words();
    let child = Child::start(|| {
        let parent = call!(SYS_getpid);
        let id = call!(SYS_clone, libc::SIGUSR2, 0, 0, 0, 0).unwrap();
        if id == 0 {
            eventually(|| call!(SYS_getppid) != parent);
            exit(2);
        }
        words[0].store(id as u64, Ordering::SeqCst);
    });
    assert_eq!(child.status(), 0);
    let orphan = words[0].load(Ordering::SeqCst);
    assert_eq!(call!(SYS_wait4, orphan, 0, 0, 0), Ok(orphan as i64), "it is a child of the usual kind");
    assert_eq!(crate::told::count(), 0, "this process has not asked for another signal");
}

fn a_program_is_told_as_usual() {
    crate::told::noted(libc::SIGUSR2, 0);
    let parent = own().to_string();
    let id = call!(SYS_clone, libc::SIGUSR2, 0, 0, 0, 0).unwrap();
    if id == 0 {
        let id = own().to_string();
        crate::again::become_self(&["process", &parent, &id]);
    }
    let mut status = 7;
    assert_eq!(call!(SYS_wait4, id, &mut status, libc::__WALL, 0), Ok(id));
    assert_eq!(
        (status, crate::told::count()),
        (0, 0),
        "this process has not asked a program for another signal"
    );
}

fn a_new_program_is_told_as_usual() {
    let parent = Child::start(|| {
        let mut ends = [0_i32; 2];
        assert_eq!(call!(SYS_pipe2, &mut ends, libc::O_CLOEXEC), Ok(0));
        let id = call!(SYS_clone, libc::SIGKILL, 0, 0, 0, 0).unwrap();
        if id == 0 {
            // Nothing is read until the parent is another program.
            assert_eq!(call!(SYS_close, ends[1]), Ok(0));
            assert_eq!(call!(SYS_read, ends[0], &mut [0_u8; 1], 1), Ok(0));
            exit(2);
        }
        crate::again::become_self(&["told", &id.to_string()]);
    });
    assert_eq!(parent.status(), 0, "the program has not asked for another signal");
}

/// What a program looks at whose child is to end with a signal that kills.
pub(crate) fn has_a_child(id: &str) -> bool {
    let id: i64 = id.parse().unwrap_or(0);
    call!(SYS_wait4, id, 0, libc::__WALL, 0) == Ok(id)
}

fn a_threads_number_is_cleared_at_its_end() {
    let word = std::sync::atomic::AtomicU32::new(77);
    let child = Child::start(|| {
        let place = word.as_ptr() as u64;
        let thread = std::thread::spawn(move || {
            assert_eq!(call!(SYS_set_tid_address, place), call!(SYS_gettid));
            let _ = call!(SYS_exit, 0);
        });
        let _ = thread;
        eventually(|| word.load(Ordering::SeqCst) == 0);
    });
    assert_eq!(child.status(), 0);
}

fn a_name_is_kept_and_told() {
    assert_eq!(call!(SYS_prctl, libc::PR_SET_NAME, c"a name that is too long".as_ptr(), 0, 0, 0), Ok(0));
    let mut name = [0_u8; 16];
    assert_eq!(call!(SYS_prctl, libc::PR_GET_NAME, &mut name, 0, 0, 0), Ok(0));
    assert_eq!(&name, b"a name that is \0");
    assert_eq!(std::fs::read_to_string("/proc/self/comm").unwrap(), "a name that is \n");
}

fn a_parents_death_is_told() {
    let words = shared_words();
    let parent = Child::start(|| {
        Child::start(|| {
            crate::told::noted(libc::SIGUSR1, 0);
            assert_eq!(call!(SYS_prctl, libc::PR_SET_PDEATHSIG, libc::SIGUSR1, 0, 0, 0), Ok(0));
            let mut signal = 0;
            assert_eq!(call!(SYS_prctl, libc::PR_GET_PDEATHSIG, &mut signal, 0, 0, 0), Ok(0));
            assert_eq!(signal, libc::SIGUSR1);
            words[0].store(1, Ordering::SeqCst);
            eventually(|| crate::told::count() == 1);
            words[0].store(2, Ordering::SeqCst);
        });
        eventually(|| words[0].load(Ordering::SeqCst) == 1);
    });
    assert_eq!(parent.status(), 0);
    eventually(|| words[0].load(Ordering::SeqCst) == 2);
    assert_eq!(call!(SYS_prctl, libc::PR_SET_PDEATHSIG, 65, 0, 0, 0), Err(libc::EINVAL));
}

fn usual_controls_are_there() {
    assert_eq!(call!(SYS_prctl, libc::PR_GET_DUMPABLE, 0, 0, 0, 0), Ok(1));
    assert_eq!(call!(SYS_prctl, libc::PR_SET_DUMPABLE, 0, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_GET_DUMPABLE, 0, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_SET_DUMPABLE, 2, 0, 0, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_prctl, libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), Err(libc::EINVAL));
    let child = Child::start(|| {
        assert_eq!(call!(SYS_prctl, libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), Ok(1));
    });
    assert_eq!(child.status(), 0);
    assert_eq!(call!(SYS_prctl, libc::PR_GET_KEEPCAPS, 0, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_SET_TIMERSLACK, 1000, 0, 0, 0), Ok(0));
    assert_eq!(call!(SYS_prctl, libc::PR_GET_TIMERSLACK, 0, 0, 0, 0), Ok(1000));
}

fn unknown_controls_are_refused() {
    assert_eq!(call!(SYS_prctl, 9999, 0, 0, 0, 0), Err(libc::EINVAL));
    assert_eq!(call!(SYS_arch_prctl, 0x9999, 0), Err(libc::EINVAL));
}

fn a_personality_is_kept() {
    let had = call!(SYS_personality, u32::MAX).unwrap();
    assert_eq!(had & 0xff, 0);
    // ADDR_NO_RANDOMIZE
    assert_eq!(call!(SYS_personality, 0x0004_0000), Ok(had));
    let child = Child::start(|| assert_eq!(call!(SYS_personality, u32::MAX), Ok(0x0004_0000)));
    assert_eq!(child.status(), 0);
}

fn an_unknown_call_is_none() {
    assert_eq!(crate::calls::call(1000, &[]), Err(libc::ENOSYS));
    assert_eq!(crate::calls::call(100_000, &[]), Err(libc::ENOSYS));
}

fn a_child_killed_at_any_moment_leaves_the_others_alone() {
    for round in 0..60_u64 {
        let child = Child::start(|| {
            loop {
                let _ = std::fs::write("file", [1; 5000]);
                let _ = std::fs::read("file");
                let mut ends = [0_i32; 2];
                let _ = call!(SYS_pipe2, &mut ends, 0);
                let _ = call!(SYS_write, ends[1], &[0_u8; 64], 64);
                let _ = call!(SYS_read, ends[0], &mut [0_u8; 64], 64);
                let _ = call!(SYS_close, ends[0]);
                let _ = call!(SYS_close, ends[1]);
                let at =
                    call!(SYS_mmap, 0, 65_536, 3, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0).unwrap();
                // SAFETY: memory of its own.
                unsafe { (at as *mut u8).write_volatile(1) };
                let _ = call!(SYS_munmap, at, 65_536);
                Child::start(|| {}).wait();
            }
        });
        std::thread::sleep(std::time::Duration::from_micros(round * 137 % 5000));
        child.kill(libc::SIGKILL);
        assert_eq!(child.signal(), libc::SIGKILL);
        std::fs::write("file", "whole").unwrap();
        assert_eq!(std::fs::read("file").unwrap().len(), 5);
    }
}
