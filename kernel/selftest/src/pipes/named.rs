//! Pipes that have a name.

use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use abi::Errno;
use base::sched::{self, Placement};
use fs::attributes::Timestamp;
use fs::{Attributes, File, Inode, Kind, OpenFlags, Readiness};
use ipc::fifo;
use lockorder::{Root, Task};

use super::{NOW, Verdict, WAIT, close, enter_memory, leave_memory, read, same, says, write};

/// A name of a pipe, in no filesystem.
struct Name(u64);

impl Inode for Name {
    fn kind(&self) -> Kind {
        Kind::Fifo
    }

    fn identity(&self) -> (u64, u64) {
        (u64::MAX, self.0)
    }

    fn attributes(&self, _held: &mut Root<'_, Task>) -> Attributes {
        let time = Timestamp::default();
        Attributes {
            kind: Kind::Fifo,
            permissions: 0o600,
            uid: 0,
            gid: 0,
            links: 1,
            size: 0,
            blocks: 0,
            device: u64::MAX,
            number: self.0,
            accessed: time,
            modified: time,
            changed: time,
        }
    }

    fn open(self: Arc<Self>, _held: &mut Root<'_, Task>) -> abi::Result<File> {
        Err(Errno::ENXIO)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A new name.
fn name() -> Arc<dyn Inode> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Arc::new(Name(NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Opens it.
fn open(held: &mut Root<'_, Task>, name: &Arc<dyn Inode>, flags: OpenFlags) -> abi::Result<File> {
    fifo::open(held, Arc::clone(name), flags, &|| false)
}

/// To read.
const READ: OpenFlags = OpenFlags::empty();
/// To write.
const WRITE: OpenFlags = OpenFlags::WRITE_ONLY;

/// Who reads waits for who writes, and the other way round, unless the flags say otherwise.
pub(super) fn openers_wait_for_each_other(held: &mut Root<'_, Task>) -> Verdict {
    let fifo = name();
    let nobody = open(held, &fifo, WRITE | OpenFlags::NONBLOCKING);
    same("nobody reads", nobody.err(), Some(Errno::ENXIO))?;
    let given_up = fifo::open(held, Arc::clone(&fifo), READ, &|| true);
    same("interrupted", given_up.err(), Some(Errno::EINTR))?;
    for own in [READ, WRITE] {
        let theirs = Arc::clone(&fifo);
        let other = sched::spawn("opener", Placement::default(), move |mut held| -> Verdict {
            enter_memory(&mut held)?;
            let flags = if own == READ { WRITE } else { READ };
            let file = open(&mut held, &theirs, flags).map_err(says("the other opener"))?;
            if own == READ {
                write(&mut held, &file, b"hello", WAIT).map_err(says("hello"))?;
            } else {
                same("hello", read(&mut held, &file, 9, WAIT), Ok(b"hello".to_vec()))?;
            }
            leave_memory(&mut held);
            close(&mut held, file);
            Ok(())
        });
        sched::sleep(held, Duration::from_millis(3));
        let file = open(held, &fifo, own).map_err(says("an opener"))?;
        if own == READ {
            same("hello", read(held, &file, 9, WAIT), Ok(b"hello".to_vec()))?;
            same("the end", read(held, &file, 9, WAIT), Ok(alloc::vec![]))?;
        } else {
            write(held, &file, b"hello", WAIT).map_err(says("hello"))?;
        }
        other.join(held)?;
        close(held, file);
    }

    let reader = open(held, &fifo, READ | OpenFlags::NONBLOCKING).map_err(says("a reader"))?;
    same("no writer yet", reader.readiness(), Readiness::empty())?;
    same("nothing to read", read(held, &reader, 1, NOW), Ok(alloc::vec![]))?;
    let writer = open(held, &fifo, WRITE | OpenFlags::NONBLOCKING).map_err(says("a writer"))?;
    same("a writer", read(held, &reader, 1, NOW), Err(Errno::EAGAIN))?;
    close(held, writer);
    same("a writer came and went", reader.readiness(), Readiness::HANG_UP)?;
    let both = open(held, &fifo, OpenFlags::READ_WRITE).map_err(says("both"))?;
    write(held, &both, b"self", WAIT).map_err(says("to itself"))?;
    same("from itself", read(held, &both, 9, WAIT), Ok(b"self".to_vec()))?;
    write(held, &both, b"lost", WAIT).map_err(says("to nobody"))?;
    close(held, both);
    close(held, reader);
    let both = open(held, &fifo, OpenFlags::READ_WRITE).map_err(says("again"))?;
    same("what nobody read", read(held, &both, 9, NOW), Err(Errno::EAGAIN))?;

    // A descriptor's file is opened again by its inode.
    let again = Arc::clone(both.inode().ok_or("a named pipe has no inode")?);
    let second = open(held, &again, WRITE).map_err(says("by its inode"))?;
    write(held, &second, b"two", WAIT).map_err(says("by its inode"))?;
    same("by its inode", read(held, &both, 9, NOW), Ok(b"two".to_vec()))?;
    close(held, second);
    close(held, both);
    let (from, to) = super::pipe()?;
    let inode = Arc::clone(from.inode().ok_or("a pipe has no inode")?);
    let second = open(held, &inode, WRITE).map_err(says("without a name"))?;
    write(held, &second, b"one", WAIT).map_err(says("without a name"))?;
    same("without a name", read(held, &from, 9, NOW), Ok(b"one".to_vec()))?;
    for file in [second, from, to] {
        close(held, file);
    }
    Ok(())
}
