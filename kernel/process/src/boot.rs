//! The first process.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, general};
use base::println;
use base::sched::waiting;
use base::user::UserContext;
use fs::{Caller, Kind, Namespace, OpenFile, OpenFlags, Start, initramfs, pseudo, tmpfs};
use lockorder::{Root, Task};
use socket::Families;
use sysv::Objects;

use crate::descriptors::Descriptors;
use crate::exec::{self, Arguments};
use crate::fork::start;
use crate::life::{Current, Handler};
use crate::process::{Credentials, Place, Process, Program, State};
use crate::procfs;
use crate::pseudo_terminal::Slaves;
use crate::settings::Settings;
use crate::signal::dispositions::Dispositions;
use crate::signal::frame::AlternateStack;
use crate::system::System;
use crate::terminal::Groups;
use crate::thread::Thread;
use crate::timers;
use crate::tree;
use crate::vdso::Vdso;

/// What the first program finds in its environment.
const ENVIRONMENT: [&str; 3] = ["HOME=/root", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", "TERM=linux"];
/// Devices that are there whatever the archive has.
const DEVICES: [(&str, u32, u32, u32); 9] = [
    ("/dev/ptmx", 5, 2, 0o666),
    ("/dev/random", 1, 8, 0o666),
    ("/dev/urandom", 1, 9, 0o666),
    ("/dev/null", 1, 3, 0o666),
    ("/dev/zero", 1, 5, 0o666),
    ("/dev/full", 1, 7, 0o666),
    ("/dev/tty", 5, 0, 0o666),
    ("/dev/console", 5, 1, 0o600),
    ("/dev/ttyS0", 5, 1, 0o600),
];
/// Names of what every process has open.
const LINKS: [(&str, &str); 4] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
];
/// The most pages that files among devices may have: shared memory by name is among them.
const PAGES_OF_DEVICES: u64 = 16 * 1024;
/// The part of memory that files of the first filesystem may have.
const SHARE: u64 = 2;

/// Starts the first program from a root that an archive has, and waits for its end; gives its exit status. Sockets are of the
/// families that are handed down.
///
/// # Errors
///
/// [`Errno`], after a line that says what has failed.
pub fn boot(
    held: &mut Root<'_, Task>,
    archive: &[u8],
    program: &str,
    handler: Handler,
    families: Families,
) -> Result<u8> {
    let said = |what: &'static str| {
        move |error: Errno| {
            println!("kernel: {what}: {error}");
            error
        }
    };
    let root = tmpfs::new(base::mm::available_frames() / SHARE, 0o755).map_err(said("no root"))?;
    let console = tty::console::start(Arc::new(Groups)).map_err(said("no console"))?;
    let ptys = Arc::new(tty::Ptys::new(Arc::new(Groups)));
    let nameless =
        tmpfs::new(base::mm::available_frames() / SHARE, 0o700).map_err(said("no memory for files"))?;
    let vdso = Vdso::new().map_err(said("no pages for every program"))?;
    let objects = Objects::new(base::mm::available_frames() / SHARE);
    let namespace = Namespace::new(root);
    let system = Arc::new(System { namespace, console, ptys, nameless, families, objects, vdso });
    initramfs::unpack(held, &system.namespace, archive).map_err(said("cannot unpack the root"))?;
    prepare(held, &system.namespace).map_err(said("cannot prepare the root"))?;
    timers::start().map_err(said("no timers"))?;
    let process = first(held, &system, program, handler).map_err(said("cannot start the first program"))?;
    // There is no deadline, and one source needs no memory.
    let _ =
        waiting::wait(held, &[&process.changes], None, |_| (process.state() == State::Ended).then_some(()));
    let status = process.status();
    let code = u8::try_from(status >> 8 & 0xff).unwrap_or(u8::MAX);
    let signal = u8::try_from(status & 0x7f).unwrap_or(0);
    Ok(if signal == 0 { code } else { 128 + signal })
}

/// Makes what every root has.
fn prepare(held: &mut Root<'_, Task>, namespace: &Namespace) -> Result<()> {
    let root = namespace.root();
    let start = Start { namespace, root, directory: root, caller: Caller::KERNEL };
    let exists = |result: Result<_>| match result {
        Ok(_) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(error),
    };
    for path in ["/dev", "/proc", "/tmp"] {
        exists(start.make(held, path.as_bytes(), Kind::Directory, 0o755, &[]))?;
    }
    let devices = start.find(held, b"/dev", true)?;
    namespace.mount(held, devices, tmpfs::new(PAGES_OF_DEVICES, 0o755)?, "devtmpfs", b"/dev")?;
    for (path, permissions) in [("/dev/pts", 0o755), ("/dev/shm", 0o1777)] {
        start.make(held, path.as_bytes(), Kind::Directory, permissions, &[])?;
    }
    for (path, target) in LINKS {
        start.make(held, path.as_bytes(), Kind::Symlink, 0o777, target.as_bytes())?;
    }
    for (path, major, minor, permissions) in DEVICES {
        exists(start.make(held, path.as_bytes(), Kind::Character(major, minor), permissions, &[]))?;
    }
    Ok(())
}

/// Makes the first process.
fn first(
    held: &mut Root<'_, Task>,
    system: &Arc<System>,
    path: &str,
    handler: Handler,
) -> Result<Arc<Process>> {
    let root = system.namespace.root();
    let start_at = Start { namespace: &system.namespace, root, directory: root, caller: Caller::KERNEL };
    let strings = |strings: &[&str]| strings.iter().map(|string| Vec::from(string.as_bytes())).collect();
    let with =
        Arguments { arguments: strings(&[path]), environment: strings(&ENVIRONMENT), path_is_lost: false };
    let credentials =
        Credentials { uids: [0; 3], gids: [0; 3], file_ids: [0; 2], groups: Arc::new(Vec::new()) };
    let by = (&credentials, true);
    let limits = &crate::limits::INITIAL;
    let loaded = exec::load(held, &start_at, path.as_bytes(), with, limits, by, &system.vdso)?;
    let mut program = Program {
        credentials,
        umask: 0o022,
        root: Arc::clone(root),
        directory: Arc::clone(root),
        space: None,
        name: Arc::from([]),
        path: Arc::from([]),
        executable: None,
        arguments: (0, 0),
        environment: (0, 0),
        limits: Arc::new(crate::limits::INITIAL),
    };
    loaded.describe(&mut program);
    let descriptors = Descriptors::new()?;
    let id = tree::next_number(held);
    let place = Place { id, parent: 0, group: id, session: id };
    let own = Arc::clone(&descriptors);
    let process =
        Process::new(place, Arc::clone(system), program, own, Dispositions::new(), Settings::new())?;
    for _ in 0..3 {
        let inode = start_at.find(held, b"/dev/console", true)?;
        let file = system.open(held, &process, inode)?;
        let file = OpenFile::new(file, OpenFlags::READ_WRITE)?;
        descriptors.insert(held, file, 0, false)?;
    }
    drop(descriptors);
    let proc = start_at.find(held, b"/proc", true)?;
    system.namespace.mount(
        held,
        proc,
        pseudo::new(Arc::new(procfs::Root(Arc::clone(system))), general::PROC_SUPER_MAGIC)?,
        "proc",
        b"/proc",
    )?;
    let slaves = start_at.find(held, b"/dev/pts", true)?;
    let pts = pseudo::new(Arc::new(Slaves(Arc::clone(&system.ptys))), general::DEVPTS_SUPER_MAGIC)?;
    system.namespace.mount(held, slaves, pts, "devpts", b"/dev/pts")?;
    let thread = Thread::new(id, Arc::clone(&process.shared), 0)?;
    let mut context = UserContext::new().map_err(|_| Errno::ENOMEM)?;
    loaded.begin(&mut context);
    let current = Current {
        thread,
        process: Arc::clone(&process),
        context,
        space: Arc::clone(&loaded.space),
        stack: AlternateStack::NONE,
        saved_mask: None,
        never_restarts: false,
        resumes: None,
        handler,
    };
    drop(loaded);
    tree::enter(held, &process)?;
    start(held, current)?;
    Ok(process)
}
