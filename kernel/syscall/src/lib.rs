//! The system calls of Linux on x86_64.
//!
//! [`handle`] is what a thread's loop calls, with nothing held: it looks the number up and hands the arguments on. A group of calls is a
//! file. What a caller gives is a number until it has been looked at: addresses become ranges of user memory, descriptors files. A
//! number that is no call here is [`Errno::ENOSYS`], and is counted ([`process::unimplemented`]).

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![allow(clippy::unnecessary_wraps, reason = "every call has one shape, whether it can fail or not")]

extern crate alloc;

mod arguments;
mod attributes_by_name;
mod comparing;
mod control;
mod copying;
mod epoll;
mod files;
mod identity;
mod memory;
mod nameless;
mod objects;
mod paths;
mod polling;
mod processes;
mod record_locks;
mod scheduling;
mod signal_files;
mod signals;
mod sockets;
mod system;
mod time;
mod timer_files;
mod timers;
mod vectors;
mod watching;

use abi::{Errno, Result, general};
use lockorder::{Root, Task};
use process::Current;
use process::names::Which;

use arguments::Arguments;
use attributes_by_name::{Asks, Of};

/// Does the system call that the current thread asks for; gives what it gets.
///
/// # Errors
///
/// What the call gives; [`Errno::ENOSYS`] for a number that is none.
#[allow(clippy::too_many_lines, clippy::match_same_arms, reason = "a table: one line a call, by groups")]
pub fn handle(current: &mut Current, held: &mut Root<'_, Task>) -> Result<u64> {
    let registers = &current.context.registers;
    let number = registers.rax;
    let arguments =
        Arguments([registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9]);
    let Ok(call) = u32::try_from(number) else { return Err(Errno::ENOSYS) };
    let a = &arguments;
    match call {
        general::__NR_read => files::read(current, held, a),
        general::__NR_write => files::write(current, held, a),
        general::__NR_readv => vectors::read_vector(current, held, a),
        general::__NR_writev => vectors::write_vector(current, held, a),
        general::__NR_preadv => vectors::read_at(current, held, a, false),
        general::__NR_preadv2 => vectors::read_at(current, held, a, true),
        general::__NR_pwritev => vectors::write_at(current, held, a, false),
        general::__NR_pwritev2 => vectors::write_at(current, held, a, true),
        general::__NR_pread64 => files::read_at(current, held, a),
        general::__NR_pwrite64 => files::write_at(current, held, a),
        general::__NR_lseek => files::seek(current, held, a),
        general::__NR_close => files::close(current, held, a),
        general::__NR_close_range => files::close_range(current, held, a),
        general::__NR_dup => files::duplicate(current, held, a),
        general::__NR_dup2 => files::duplicate_to(current, held, a, false),
        general::__NR_dup3 => files::duplicate_to(current, held, a, true),
        general::__NR_fcntl => control::control(current, held, a),
        general::__NR_ioctl => files::ioctl(current, held, a),
        general::__NR_pipe => files::pipe(current, held, a.0[0], 0),
        general::__NR_pipe2 => files::pipe(current, held, a.0[0], a.int(1)),
        general::__NR_sendfile => copying::send(current, held, a),
        general::__NR_copy_file_range => copying::copy_range(current, held, a),
        general::__NR_fallocate => copying::allocate(current, held, a),
        general::__NR_inotify_init => watching::create(current, held, 0),
        general::__NR_inotify_init1 => watching::create(current, held, a.int(0)),
        general::__NR_inotify_add_watch => watching::watch(current, held, a),
        general::__NR_inotify_rm_watch => watching::end(current, held, a),
        general::__NR_memfd_create => nameless::create(current, held, a),
        general::__NR_eventfd => nameless::event(current, held, a.int(0), 0),
        general::__NR_eventfd2 => nameless::event(current, held, a.int(0), a.int(1)),
        general::__NR_getxattr => attributes_by_name::answer(current, held, a, Of::Path, Asks::Get),
        general::__NR_lgetxattr => attributes_by_name::answer(current, held, a, Of::Link, Asks::Get),
        general::__NR_fgetxattr => attributes_by_name::answer(current, held, a, Of::File, Asks::Get),
        general::__NR_setxattr => attributes_by_name::answer(current, held, a, Of::Path, Asks::Set),
        general::__NR_lsetxattr => attributes_by_name::answer(current, held, a, Of::Link, Asks::Set),
        general::__NR_fsetxattr => attributes_by_name::answer(current, held, a, Of::File, Asks::Set),
        general::__NR_removexattr => attributes_by_name::answer(current, held, a, Of::Path, Asks::Remove),
        general::__NR_lremovexattr => attributes_by_name::answer(current, held, a, Of::Link, Asks::Remove),
        general::__NR_fremovexattr => attributes_by_name::answer(current, held, a, Of::File, Asks::Remove),
        general::__NR_listxattr => attributes_by_name::answer(current, held, a, Of::Path, Asks::List),
        general::__NR_llistxattr => attributes_by_name::answer(current, held, a, Of::Link, Asks::List),
        general::__NR_flistxattr => attributes_by_name::answer(current, held, a, Of::File, Asks::List),
        general::__NR_getdents64 => files::entries(current, held, a),
        general::__NR_syncfs
        | general::__NR_fsync
        | general::__NR_fdatasync
        | general::__NR_sync_file_range => files::sync(current, held, a),
        general::__NR_readahead => files::read_ahead(current, held, a),
        general::__NR_sync => files::sync_all(current, held),
        general::__NR_ftruncate => files::truncate(current, held, a),
        general::__NR_fstat => files::status(current, held, a),
        general::__NR_fchmod => files::change_mode(current, held, a),
        general::__NR_fchown => files::change_owner(current, held, a),
        general::__NR_fchdir => files::change_directory(current, held, a),
        general::__NR_fstatfs => files::filesystem(current, held, a),
        general::__NR_flock => record_locks::whole(current, held, a),
        general::__NR_fadvise64 => files::advise(current, held, a),

        general::__NR_open => paths::open(current, held, arguments::AT_FDCWD, a.0[0], a.int(1), a.int(2)),
        general::__NR_openat => paths::open(current, held, a.0[0], a.0[1], a.int(2), a.int(3)),
        general::__NR_openat2 => paths::open_how(current, held, a),
        general::__NR_creat => paths::create(current, held, a),
        general::__NR_stat => paths::status(current, held, [arguments::AT_FDCWD, a.0[0], a.0[1]], 0),
        general::__NR_lstat => {
            let flags = general::AT_SYMLINK_NOFOLLOW;
            paths::status(current, held, [arguments::AT_FDCWD, a.0[0], a.0[1]], flags)
        }
        general::__NR_newfstatat => paths::status(current, held, [a.0[0], a.0[1], a.0[2]], a.int(3)),
        general::__NR_statx => paths::extended_status(current, held, a),
        general::__NR_access => paths::access(current, held, [arguments::AT_FDCWD, a.0[0]], a.int(1), 0),
        general::__NR_faccessat => paths::access(current, held, [a.0[0], a.0[1]], a.int(2), 0),
        general::__NR_faccessat2 => paths::access(current, held, [a.0[0], a.0[1]], a.int(2), a.int(3)),
        general::__NR_readlink => {
            paths::read_link(current, held, arguments::AT_FDCWD, [a.0[0], a.0[1], a.0[2]])
        }
        general::__NR_readlinkat => paths::read_link(current, held, a.0[0], [a.0[1], a.0[2], a.0[3]]),
        general::__NR_mkdir => paths::make_directory(current, held, arguments::AT_FDCWD, a.0[0], a.int(1)),
        general::__NR_mkdirat => paths::make_directory(current, held, a.0[0], a.0[1], a.int(2)),
        general::__NR_mknod => paths::make_node(current, held, arguments::AT_FDCWD, [a.0[0], a.0[1], a.0[2]]),
        general::__NR_mknodat => paths::make_node(current, held, a.0[0], [a.0[1], a.0[2], a.0[3]]),
        general::__NR_unlink => paths::unlink(current, held, arguments::AT_FDCWD, a.0[0], false),
        general::__NR_rmdir => paths::unlink(current, held, arguments::AT_FDCWD, a.0[0], true),
        general::__NR_unlinkat => {
            paths::unlink(current, held, a.0[0], a.0[1], a.int(2) & general::AT_REMOVEDIR != 0)
        }
        general::__NR_symlink => paths::symlink(current, held, a.0[0], arguments::AT_FDCWD, a.0[1]),
        general::__NR_symlinkat => paths::symlink(current, held, a.0[0], a.0[1], a.0[2]),
        general::__NR_link => {
            paths::link(current, held, [arguments::AT_FDCWD, a.0[0], arguments::AT_FDCWD, a.0[1]], 0)
        }
        general::__NR_linkat => paths::link(current, held, [a.0[0], a.0[1], a.0[2], a.0[3]], a.int(4)),
        general::__NR_rename => {
            paths::rename(current, held, [arguments::AT_FDCWD, a.0[0], arguments::AT_FDCWD, a.0[1]], 0)
        }
        general::__NR_renameat => paths::rename(current, held, [a.0[0], a.0[1], a.0[2], a.0[3]], 0),
        general::__NR_renameat2 => paths::rename(current, held, [a.0[0], a.0[1], a.0[2], a.0[3]], a.int(4)),
        general::__NR_chmod => paths::change_mode(current, held, [arguments::AT_FDCWD, a.0[0]], a.int(1), 0),
        general::__NR_fchmodat => paths::change_mode(current, held, [a.0[0], a.0[1]], a.int(2), 0),
        general::__NR_fchmodat2 => paths::change_mode(current, held, [a.0[0], a.0[1]], a.int(2), a.int(3)),
        general::__NR_chown => {
            paths::change_owner(current, held, [arguments::AT_FDCWD, a.0[0]], [a.int(1), a.int(2)], 0)
        }
        general::__NR_lchown => {
            let flags = general::AT_SYMLINK_NOFOLLOW;
            paths::change_owner(current, held, [arguments::AT_FDCWD, a.0[0]], [a.int(1), a.int(2)], flags)
        }
        general::__NR_fchownat => {
            paths::change_owner(current, held, [a.0[0], a.0[1]], [a.int(2), a.int(3)], a.int(4))
        }
        general::__NR_utimensat => paths::change_times(current, held, a),
        general::__NR_utimes => {
            paths::change_old_times(current, held, [arguments::AT_FDCWD, a.0[0], a.0[1]], 1_000)
        }
        general::__NR_futimesat => paths::change_old_times(current, held, [a.0[0], a.0[1], a.0[2]], 1_000),
        general::__NR_utime => {
            paths::change_old_times(current, held, [arguments::AT_FDCWD, a.0[0], a.0[1]], 0)
        }
        general::__NR_truncate => paths::truncate(current, held, a),
        general::__NR_chdir => paths::change_directory(current, held, a.0[0]),
        general::__NR_chroot => paths::change_root(current, held, a.0[0]),
        general::__NR_getcwd => paths::directory(current, held, a),
        general::__NR_umask => paths::umask(current, held, a.int(0)),
        general::__NR_statfs => paths::filesystem(current, held, a),
        general::__NR_mount => paths::mount(current, held, a),
        general::__NR_umount2 => paths::unmount(current, held, a),

        general::__NR_semget => objects::semaphores::get(current, held, a),
        general::__NR_semop => objects::semaphores::operate(current, held, a, false),
        general::__NR_semtimedop => objects::semaphores::operate(current, held, a, true),
        general::__NR_semctl => objects::semaphores::control(current, held, a),
        general::__NR_msgget => objects::messages::get(current, held, a),
        general::__NR_msgsnd => objects::messages::send(current, held, a),
        general::__NR_msgrcv => objects::messages::receive(current, held, a),
        general::__NR_msgctl => objects::messages::control(current, held, a),
        general::__NR_shmget => objects::segments::get(current, held, a),
        general::__NR_shmat => objects::segments::attach(current, held, a),
        general::__NR_shmdt => objects::segments::detach(current, held, a),
        general::__NR_shmctl => objects::segments::control(current, held, a),

        general::__NR_mmap => memory::map(current, held, a),
        general::__NR_munmap => memory::unmap(current, held, a),
        general::__NR_mprotect => memory::protect(current, held, a),
        general::__NR_mremap => memory::remap(current, held, a),
        general::__NR_madvise => memory::advise(current, held, a),
        general::__NR_msync => memory::sync(current, held, a),
        general::__NR_mincore => memory::residence(current, held, a),
        general::__NR_mlock | general::__NR_mlock2 => memory::lock(current, held, a),
        general::__NR_munlock => memory::unlock(current, held, a),
        general::__NR_mlockall => memory::lock_all(a),
        general::__NR_munlockall => Ok(0),
        general::__NR_brk => memory::set_break(current, held, a),

        general::__NR_poll => polling::poll(current, held, a),
        general::__NR_ppoll => polling::poll_with_mask(current, held, a),
        general::__NR_select => polling::select(current, held, a),
        general::__NR_pselect6 => polling::select_with_mask(current, held, a),
        general::__NR_epoll_create => epoll::create_sized(current, held, a),
        general::__NR_epoll_create1 => epoll::create(current, held, a.int(0)),
        general::__NR_epoll_ctl => epoll::control(current, held, a),
        general::__NR_epoll_wait => epoll::wait(current, held, a),
        general::__NR_epoll_pwait => epoll::wait_with_mask(current, held, a),
        general::__NR_epoll_pwait2 => epoll::wait_by_structure(current, held, a),

        general::__NR_socket => sockets::create(current, held, a),
        general::__NR_socketpair => sockets::pair(current, held, a),
        general::__NR_bind => sockets::bind(current, held, a),
        general::__NR_listen => sockets::listen(current, held, a),
        general::__NR_accept => sockets::accept(current, held, a, 0),
        general::__NR_accept4 => sockets::accept(current, held, a, a.int(3)),
        general::__NR_connect => sockets::connect(current, held, a),
        general::__NR_getsockname => sockets::local_address(current, held, a),
        general::__NR_getpeername => sockets::peer_address(current, held, a),
        general::__NR_shutdown => sockets::shut_down(current, held, a),
        general::__NR_sendto => sockets::messages::send_to(current, held, a),
        general::__NR_recvfrom => sockets::messages::receive_from(current, held, a),
        general::__NR_sendmsg => sockets::messages::send_message(current, held, a),
        general::__NR_recvmsg => sockets::messages::receive_message(current, held, a),
        general::__NR_sendmmsg => sockets::messages::send_messages(current, held, a),
        general::__NR_recvmmsg => sockets::messages::receive_messages(current, held, a),
        general::__NR_getsockopt => sockets::options::get(current, held, a),
        general::__NR_setsockopt => sockets::options::set(current, held, a),

        general::__NR_fork => processes::fork(current, held, 0),
        general::__NR_vfork => {
            processes::fork(current, held, u64::from(general::CLONE_VM | general::CLONE_VFORK))
        }
        general::__NR_clone => processes::clone(current, held, a),
        general::__NR_clone3 => processes::clone3(current, held, a),
        general::__NR_execve => {
            processes::execute(current, held, arguments::AT_FDCWD, [a.0[0], a.0[1], a.0[2]], 0)
        }
        general::__NR_execveat => {
            processes::execute(current, held, a.0[0], [a.0[1], a.0[2], a.0[3]], a.int(4))
        }
        general::__NR_exit => processes::exit_thread(current, a),
        general::__NR_exit_group => processes::exit(current, held, a),
        general::__NR_wait4 => processes::wait(current, held, a),
        general::__NR_waitid => processes::wait_by_kind(current, held, a),
        general::__NR_set_tid_address => processes::set_clear_address(current, a),
        general::__NR_set_robust_list => scheduling::set_robust_list(current, a),
        general::__NR_get_robust_list => scheduling::robust_list(current, held, a),
        general::__NR_futex => processes::futex(current, held, a),
        general::__NR_sched_yield => {
            base::sched::yield_now(held);
            Ok(0)
        }
        general::__NR_sched_getaffinity => scheduling::affinity(current, held, a),
        general::__NR_sched_setaffinity => scheduling::set_affinity(current, held, a),
        general::__NR_sched_getscheduler => scheduling::policy(current, held, a),
        general::__NR_sched_setscheduler => scheduling::set_policy(current, held, a),
        general::__NR_sched_getparam => scheduling::parameter(current, held, a),
        general::__NR_sched_setparam => scheduling::set_parameter(current, held, a),
        general::__NR_sched_getattr => scheduling::attributes(current, held, a),
        general::__NR_sched_get_priority_min => scheduling::priorities(a).map(|(least, _)| least),
        general::__NR_sched_get_priority_max => scheduling::priorities(a).map(|(_, most)| most),
        general::__NR_sched_rr_get_interval => scheduling::slice_length(current, held, a),
        general::__NR_getpriority => scheduling::niceness(current, held, a),
        general::__NR_setpriority => scheduling::set_niceness(current, held, a),
        general::__NR_getcpu => scheduling::processor(held, a),
        general::__NR_membarrier => scheduling::barrier(current, held, a),
        general::__NR_arch_prctl => processes::architecture(current, held, a),
        general::__NR_pidfd_open => processes::open_process(current, held, a),
        general::__NR_kcmp => comparing::compare(current, held, a),
        general::__NR_pidfd_getfd => processes::take_file(current, held, a),
        general::__NR_unshare => processes::unshare(current, held, a),
        general::__NR_personality => processes::personality(current, a),
        general::__NR_prctl => processes::control(current, held, a),
        general::__NR_getrusage => processes::usage(current, held, a),
        general::__NR_times => processes::times(current, held, a),
        general::__NR_prlimit64 => processes::limits(current, held, a),
        general::__NR_getrlimit => processes::limit(current, held, a),
        general::__NR_setrlimit => processes::set_limit(current, held, a),

        general::__NR_getpid => Ok(u64::from(current.process().id())),
        general::__NR_gettid => Ok(u64::from(current.thread.id())),
        general::__NR_getppid => Ok(u64::from(current.process().parent())),
        general::__NR_getuid => identity::get(current, held, |own| own.uids[0]),
        general::__NR_geteuid => identity::get(current, held, |own| own.uids[1]),
        general::__NR_getgid => identity::get(current, held, |own| own.gids[0]),
        general::__NR_getegid => identity::get(current, held, |own| own.gids[1]),
        general::__NR_setuid => identity::set_user(current, held, a.int(0)),
        general::__NR_setreuid => identity::set_users(current, held, a, false),
        general::__NR_setresuid => identity::set_users(current, held, a, true),
        general::__NR_getresuid => identity::users(current, held, a),
        general::__NR_setfsuid => identity::set_users_files(current, held, a),
        general::__NR_setgid => identity::set_group(current, held, a.int(0)),
        general::__NR_setregid => identity::set_own_groups(current, held, a, false),
        general::__NR_setresgid => identity::set_own_groups(current, held, a, true),
        general::__NR_getresgid => identity::own_groups(current, held, a),
        general::__NR_setfsgid => identity::set_groups_files(current, held, a),
        general::__NR_capget => identity::capabilities(current, held, a),
        general::__NR_getgroups => identity::groups(current, held, a),
        general::__NR_setgroups => identity::set_groups(current, held, a),
        general::__NR_getpgrp => Ok(u64::from(current.process().group())),
        general::__NR_getpgid => identity::group_of(current, held, a.int(0)),
        general::__NR_setpgid => identity::set_group_of(current, held, a.int(0), a.int(1)),
        general::__NR_getsid => identity::session_of(current, held, a.int(0)),
        general::__NR_setsid => identity::set_session(current, held),

        general::__NR_kill => signals::kill(current, held, a),
        general::__NR_tkill => signals::kill_thread(current, held, [None, Some(a.int(0))], a.0[1]),
        general::__NR_tgkill => signals::kill_thread(current, held, [Some(a.int(0)), Some(a.int(1))], a.0[2]),
        general::__NR_rt_sigqueueinfo => signals::queue(current, held, a),
        general::__NR_rt_tgsigqueueinfo => signals::queue_to_thread(current, held, a),
        general::__NR_rt_sigtimedwait => signals::take_one(current, held, a),
        general::__NR_pidfd_send_signal => signals::send_by_descriptor(current, held, a),
        general::__NR_rt_sigaction => signals::set_action(current, held, a),
        general::__NR_rt_sigprocmask => signals::set_mask(current, held, a),
        general::__NR_rt_sigpending => signals::pending(current, held, a),
        general::__NR_rt_sigsuspend => signals::suspend(current, held, a),
        general::__NR_rt_sigreturn => current.return_from_handler(held),
        general::__NR_signalfd => signal_files::open(current, held, a, 0),
        general::__NR_signalfd4 => signal_files::open(current, held, a, a.int(3)),
        general::__NR_sigaltstack => signals::alternate_stack(current, held, a),
        general::__NR_pause => signals::pause(current, held),

        general::__NR_clock_gettime => time::get(current, held, a),
        general::__NR_clock_settime => time::set(current, held, a),
        general::__NR_clock_getres => time::resolution(current, held, a),
        general::__NR_gettimeofday => time::of_day(held, a),
        general::__NR_settimeofday => time::set_of_day(current, held, a),
        general::__NR_time => time::seconds(held, a),
        general::__NR_nanosleep => time::sleep(current, held, a.0[0], a.0[1], time::Until::After),
        general::__NR_clock_nanosleep => time::sleep_by(current, held, a),

        general::__NR_setitimer => timers::set_interval(current, held, a),
        general::__NR_getitimer => timers::interval(current, held, a),
        general::__NR_alarm => timers::alarm(current, held, a),
        general::__NR_timer_create => timers::create(current, held, a),
        general::__NR_timer_settime => timers::set(current, held, a),
        general::__NR_timer_gettime => timers::get(current, held, a),
        general::__NR_timer_getoverrun => timers::overrun(current, held, a),
        general::__NR_timer_delete => timers::delete(current, held, a),

        general::__NR_timerfd_create => timer_files::create(current, held, a),
        general::__NR_timerfd_settime => timer_files::set(current, held, a),
        general::__NR_timerfd_gettime => timer_files::get(current, held, a),

        general::__NR_uname => system::name(held, a),
        general::__NR_sysinfo => system::information(held, a),
        general::__NR_reboot => system::reboot(current, held, a),
        general::__NR_sethostname => system::set_name(current, held, a, Which::Host),
        general::__NR_setdomainname => system::set_name(current, held, a, Which::Domain),
        general::__NR_getrandom => system::random(current, held, a),
        _ => {
            let name = current.process().program(held).name;
            process::unimplemented::count(held, call, &name);
            Err(Errno::ENOSYS)
        }
    }
}
