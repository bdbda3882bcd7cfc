//! Open file descriptions: what descriptors, perhaps of several processes, share.
//!
//! A description has a file, flags, and a position. The position of a seekable file is behind a lock of class
//! [`FilePosition`], so that two readers of one description get different bytes; a stream has none, so that a reader who waits for a
//! terminal does not keep a writer from it.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use abi::{Errno, Result, general};
use base::mm::fallible::{try_arc, try_copy};
use base::sched::SleepLock;
use base::sched::deferred::{Deferred, Teardown};
use base::user::UserSlice;
use bitflags::bitflags;
use lockorder::{Held, Root, Task};

use crate::attributes::{Change, Kind, without_set_id};
use crate::file::{FilePosition, Sought, Waits, WriteAt};
use crate::filesystem::{File, Inode, SeekableFile, StreamFile};
use crate::locks::{self, Owner};
use crate::notify;

bitflags! {
    /// How a file is opened; the bits of `open`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OpenFlags: u32 {
        /// For writing only.
        const WRITE_ONLY = general::O_WRONLY;
        /// For both.
        const READ_WRITE = general::O_RDWR;
        /// Make it where it is not.
        const CREATE = general::O_CREAT;
        /// Only if it is not there yet.
        const EXCLUSIVE = general::O_EXCL;
        /// A terminal does not become the process's.
        const NO_TERMINAL = general::O_NOCTTY;
        /// Empty it.
        const TRUNCATE = general::O_TRUNC;
        /// Writes go to the end.
        const APPEND = general::O_APPEND;
        /// Do not wait.
        const NONBLOCKING = general::O_NONBLOCK;
        /// A directory, or nothing.
        const DIRECTORY = general::O_DIRECTORY;
        /// Not through a symbolic link at the end.
        const NO_FOLLOW = general::O_NOFOLLOW;
        /// Not across an execution.
        const CLOSE_ON_EXEC = general::O_CLOEXEC;
        /// A large file may be opened: any may.
        const LARGE = 0o100_000;
        /// What is written is on the disk when the call returns.
        const SYNCHRONOUS = general::O_SYNC;
        /// A signal when it is ready.
        const ASYNCHRONOUS = general::FASYNC;
        /// Past the page cache.
        const DIRECT = general::O_DIRECT;
        /// Reading it leaves its times as they are.
        const NO_ACCESS_TIME = general::O_NOATIME;
        /// Its place only.
        const PATH = general::O_PATH;
        /// A file without a name, in this directory.
        const TEMPORARY = general::__O_TMPFILE;
    }
}

/// What `fcntl` may change.
const CHANGEABLE: OpenFlags = OpenFlags::APPEND.union(OpenFlags::NONBLOCKING);

impl OpenFlags {
    /// Whether it may be read.
    #[must_use]
    pub const fn reads(self) -> bool {
        !self.intersects(Self::WRITE_ONLY.union(Self::PATH))
    }

    /// Whether it may be written to.
    #[must_use]
    pub const fn writes(self) -> bool {
        self.intersects(Self::WRITE_ONLY.union(Self::READ_WRITE)) && !self.contains(Self::PATH)
    }
}

/// From where a position is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// From the beginning.
    Start,
    /// From the current one.
    Current,
    /// From the end.
    End,
    /// To the next data from there on.
    Data,
    /// To the next hole from there on, or to the end.
    Hole,
}

/// The end of a stream's use by a description.
struct Ending(Arc<dyn StreamFile>);

impl core::fmt::Debug for Ending {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Ending")
    }
}

impl Teardown for Ending {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        self.0.close(held);
    }
}

/// The end of a description's locks: of those of whole files and those that were asked for so.
#[derive(Debug)]
struct Unlocking {
    identity: (u64, u64),
    owner: Owner,
}

impl Teardown for Unlocking {
    fn tear_down(self, held: &mut Root<'_, Task>) {
        locks::release(held, self.identity, self.owner);
    }
}

/// What changes of a description.
#[derive(Debug)]
struct Moving {
    /// The position.
    at: u64,
    /// Ends the locks that it has had.
    unlocking: Option<Deferred<Unlocking>>,
}

/// The number of the description that is made next.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// How much of a write is left that begins at a place, where its file may not grow over a limit.
fn room(inode: &dyn Inode, limit: u64, at: u64, length: usize) -> Result<usize> {
    if limit == u64::MAX || length == 0 || inode.kind() != Kind::Regular {
        return Ok(length);
    }
    let room = usize::try_from(limit.saturating_sub(at)).unwrap_or(usize::MAX);
    if room == 0 { Err(Errno::EFBIG) } else { Ok(length.min(room)) }
}

/// An open file description.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    /// Closes a stream when the last owner lets go: at once where that owner closes it, by the reaper where it is a call
    /// that was in flight while the last descriptor was closed.
    ending: Option<Deferred<Ending>>,
    flags: AtomicU32,
    /// Its own among all that ever were.
    number: u64,
    /// Who is to get `SIGIO` when it is ready: a process, or a group below zero; 0 for nobody. The signal is never sent.
    io_owner: AtomicI32,
    /// Whether a write clears the set-user-ID and set-group-ID bits.
    clears_set_id: AtomicBool,
    /// Protects the position; class `FilePosition`.
    moving: SleepLock<FilePosition, Moving>,
}

impl OpenFile {
    /// A description of a file, at its beginning.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`]; the file is dropped, and was not used.
    pub fn new(file: File, flags: OpenFlags) -> Result<Arc<Self>> {
        let kept = flags.difference(
            OpenFlags::CREATE
                | OpenFlags::EXCLUSIVE
                | OpenFlags::TRUNCATE
                | OpenFlags::NO_TERMINAL
                | OpenFlags::CLOSE_ON_EXEC,
        );
        let ending = match &file {
            File::Stream(stream) => {
                Some(Deferred::try_new(Ending(Arc::clone(stream))).map_err(|_| Errno::ENOMEM)?)
            }
            File::Seekable(_) => None,
        };
        let flags = AtomicU32::new(kept.bits());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let moving = SleepLock::new(Moving { at: 0, unlocking: None });
        let (io_owner, clears_set_id) = (AtomicI32::new(0), AtomicBool::new(false));
        let description = Self { file, ending, flags, number, io_owner, clears_set_id, moving };
        try_arc(description).map_err(|_| Errno::ENOMEM)
    }

    /// Its file.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// Its flags.
    #[must_use]
    pub fn flags(&self) -> OpenFlags {
        OpenFlags::from_bits_retain(self.flags.load(Ordering::Relaxed))
    }

    /// Changes what of its flags can be changed.
    pub fn set_flags(&self, flags: OpenFlags) {
        let kept = self.flags().difference(CHANGEABLE);
        self.flags.store((kept | flags & CHANGEABLE).bits(), Ordering::Relaxed);
    }

    /// Its number among all descriptions that ever were.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whose the locks are that belong to it.
    #[must_use]
    pub const fn owner(&self) -> Owner {
        Owner::Description(self.number)
    }

    /// Notes that it is about to have locks: they go with it.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`] for what has no inode; [`Errno::ENOLCK`].
    pub fn will_have_locks(&self, held: &mut Root<'_, Task>) -> Result<()> {
        let identity = self.file.inode().ok_or(Errno::EBADF)?.identity();
        held.with(&self.moving, |moving, _| {
            if moving.unlocking.is_none() {
                let unlocking = Unlocking { identity, owner: self.owner() };
                moving.unlocking = Some(Deferred::try_new(unlocking).map_err(|_| Errno::ENOLCK)?);
            }
            Ok(())
        })
    }

    /// Ends it, for the last of its owners; others' ends do nothing.
    pub fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        let Some(Self { file, ending, flags, moving, .. }) = Arc::into_inner(self) else { return };
        let flags = OpenFlags::from_bits_retain(flags.load(Ordering::Relaxed));
        if let Some(inode) = file.inode().filter(|_| !flags.contains(OpenFlags::PATH)) {
            let mask = if flags.writes() { general::IN_CLOSE_WRITE } else { general::IN_CLOSE_NOWRITE };
            notify::tell(held, inode, mask);
        }
        if let Some(unlocking) = moving.into_inner().unlocking {
            unlocking.tear_down(held);
        }
        if let Some(ending) = ending {
            ending.tear_down(held);
        }
    }

    /// Who is to get `SIGIO`: `F_GETOWN`.
    #[must_use]
    pub fn io_owner(&self) -> i32 {
        self.io_owner.load(Ordering::Relaxed)
    }

    /// Sets it: `F_SETOWN`.
    pub fn set_io_owner(&self, owner: i32) {
        self.io_owner.store(owner, Ordering::Relaxed);
    }

    /// Has each write clear the set-user-ID and set-group-ID bits: whoever has opened it is not root, and must not put a program of
    /// theirs in the place of one that runs as somebody else.
    pub fn clear_set_id_on_write(&self) {
        self.clears_set_id.store(true, Ordering::Relaxed);
    }

    /// Notes that so many bytes were written: clears the set-ID bits where that was said, and tells who watches.
    fn wrote(&self, held: &mut Root<'_, Task>, count: usize) -> Result<()> {
        if count > 0
            && self.clears_set_id.load(Ordering::Relaxed)
            && let Some(inode) = self.file.inode()
        {
            let before = inode.attributes(held).permissions;
            let permissions = without_set_id(before, false);
            if permissions != before {
                inode.change(held, Change { permissions: Some(permissions), ..Change::default() })?;
            }
        }
        self.tell(held, general::IN_MODIFY, count);
        Ok(())
    }

    /// How an operation on it waits.
    fn waits<'a>(&self, interrupted: &'a dyn Fn() -> bool) -> Waits<'a> {
        Waits { nonblocking: self.flags().contains(OpenFlags::NONBLOCKING), interrupted }
    }

    /// Tells who watches that so many bytes were read or written.
    fn tell(&self, held: &mut Root<'_, Task>, mask: u32, count: usize) {
        if count > 0
            && let Some(inode) = self.file.inode()
        {
            notify::tell(held, inode, mask);
        }
    }

    /// Where a write at the end begins, if there is a limit that has to be known for; otherwise it does not matter.
    fn end(&self, held: &mut Root<'_, Task>, limit: u64) -> u64 {
        if limit == u64::MAX || !self.flags().contains(OpenFlags::APPEND) {
            return 0;
        }
        self.file.inode().map_or(0, |inode| inode.attributes(held).size)
    }

    fn to_read(&self) -> Result<()> {
        if self.flags().reads() { Ok(()) } else { Err(Errno::EBADF) }
    }

    fn to_write(&self) -> Result<()> {
        if self.flags().writes() { Ok(()) } else { Err(Errno::EBADF) }
    }

    /// Reads from the position on.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`] where it is not open for that; what the file gives.
    pub fn read(
        &self,
        held: &mut Root<'_, Task>,
        to: UserSlice,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        self.to_read()?;
        let count = match &self.file {
            File::Seekable(file) => held.with(&self.moving, |moving, mut held| {
                let position = &mut moving.at;
                let count = file.read(&mut held, to, *position)?;
                *position = position.saturating_add(count as u64);
                Ok(count)
            }),
            File::Stream(file) => file.read(held, to, self.waits(interrupted)),
        }?;
        self.tell(held, general::IN_ACCESS, count);
        Ok(count)
    }

    /// Writes from the position on, or at the end. A file of bytes does not grow over the `limit`.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`] where it is not open for that; [`Errno::EFBIG`] where it would begin at the limit; what the file gives.
    pub fn write(
        &self,
        held: &mut Root<'_, Task>,
        from: UserSlice,
        limit: u64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        self.to_write()?;
        let end = self.end(held, limit);
        let count = match &self.file {
            File::Seekable(file) => {
                let appends = self.flags().contains(OpenFlags::APPEND);
                held.with(&self.moving, |moving, mut held| {
                    let position = &mut moving.at;
                    let (begin, at) =
                        if appends { (end, WriteAt::End) } else { (*position, WriteAt::Position(*position)) };
                    let from = from.take(room(&**file.inode(), limit, begin, from.len())?);
                    let (count, end) = file.write(&mut held, from, at)?;
                    *position = end;
                    Ok(count)
                })
            }
            File::Stream(file) => file.write(held, from, self.waits(interrupted)),
        }?;
        self.wrote(held, count)?;
        Ok(count)
    }

    fn seekable(&self) -> Result<&Arc<dyn SeekableFile>> {
        match &self.file {
            File::Seekable(file) => Ok(file),
            File::Stream(_) => Err(Errno::ESPIPE),
        }
    }

    /// Reads from a place, whatever the position.
    ///
    /// # Errors
    ///
    /// [`Errno::ESPIPE`] for a stream.
    pub fn read_at(&self, held: &mut Root<'_, Task>, to: UserSlice, at: u64) -> Result<usize> {
        self.to_read()?;
        let count = self.seekable()?.read(&mut held.at::<FilePosition>(), to, at)?;
        self.tell(held, general::IN_ACCESS, count);
        Ok(count)
    }

    /// Writes to a place, whatever the position. A file of bytes does not grow over the `limit`.
    ///
    /// # Errors
    ///
    /// [`Errno::ESPIPE`] for a stream; [`Errno::EFBIG`] where it would begin at the limit.
    pub fn write_at(&self, held: &mut Root<'_, Task>, from: UserSlice, at: u64, limit: u64) -> Result<usize> {
        self.to_write()?;
        let appends = self.flags().contains(OpenFlags::APPEND);
        let (begin, at) =
            if appends { (self.end(held, limit), WriteAt::End) } else { (at, WriteAt::Position(at)) };
        let file = self.seekable()?;
        let from = from.take(room(&**file.inode(), limit, begin, from.len())?);
        let (count, _) = file.write(&mut held.at::<FilePosition>(), from, at)?;
        self.wrote(held, count)?;
        Ok(count)
    }

    /// Reads from a place into the kernel's memory, all of `to` or to the end.
    ///
    /// # Errors
    ///
    /// [`Errno::EACCES`] for what is no file of bytes.
    pub fn read_kernel(&self, held: &mut Root<'_, Task>, to: &mut [u8], at: u64) -> Result<usize> {
        let File::Seekable(file) = &self.file else { return Err(Errno::EACCES) };
        file.read_kernel(&mut held.at::<FilePosition>(), to, at)
    }

    /// Writes from the kernel's memory: at a place, or from the position on and moving it. A file of bytes does not grow over the `limit`.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`] where it is not open for that; [`Errno::ESPIPE`] for a place in a stream; [`Errno::EFBIG`] where it would begin
    /// at the limit; what the file gives.
    pub fn write_kernel(
        &self,
        held: &mut Root<'_, Task>,
        from: &[u8],
        at: Option<u64>,
        limit: u64,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<usize> {
        self.to_write()?;
        let appends = self.flags().contains(OpenFlags::APPEND);
        let end = self.end(held, limit);
        let cut = |file: &dyn SeekableFile, at| {
            let length = room(&**file.inode(), limit, if appends { end } else { at }, from.len())?;
            Ok::<_, Errno>(from.get(..length).unwrap_or(from))
        };
        let place = |at| if appends { WriteAt::End } else { WriteAt::Position(at) };
        let count = match (&self.file, at) {
            (File::Seekable(file), Some(at)) => {
                let from = cut(&**file, at)?;
                file.write_kernel(&mut held.at::<FilePosition>(), from, place(at)).map(|(count, _)| count)
            }
            (File::Seekable(file), None) => held.with(&self.moving, |moving, mut held| {
                let position = &mut moving.at;
                let from = cut(&**file, *position)?;
                let (count, end) = file.write_kernel(&mut held, from, place(*position))?;
                *position = end;
                Ok(count)
            }),
            (File::Stream(_), Some(_)) => Err(Errno::ESPIPE),
            (File::Stream(file), None) => file.write_kernel(held, from, self.waits(interrupted)),
        }?;
        self.wrote(held, count)?;
        Ok(count)
    }

    /// Moves the position; gives where it is.
    ///
    /// # Errors
    ///
    /// [`Errno::ESPIPE`] for a stream; [`Errno::EINVAL`] for a place before the beginning; [`Errno::ENXIO`] where there is no more
    /// data, and past the end.
    pub fn seek(&self, held: &mut Root<'_, Task>, offset: i64, whence: Whence) -> Result<u64> {
        let file = self.seekable()?;
        let size = match whence {
            Whence::End | Whence::Data | Whence::Hole => file.inode().attributes(held).size,
            Whence::Start | Whence::Current => 0,
        };
        held.with(&self.moving, |moving, mut held| {
            let position = &mut moving.at;
            let mut sought = |what| {
                let at = u64::try_from(offset).ok().filter(|&at| at < size).ok_or(Errno::ENXIO)?;
                let found = file.sought(&mut held, at, size, what).ok_or(Errno::ENXIO)?;
                *position = found;
                Ok(found)
            };
            let from = match whence {
                Whence::Start => 0,
                Whence::Current => *position,
                Whence::End => size,
                Whence::Data => return sought(Sought::Data),
                Whence::Hole => return sought(Sought::Hole),
            };
            let to = from.checked_add_signed(offset).filter(|&to| i64::try_from(to).is_ok());
            *position = to.ok_or(Errno::EINVAL)?;
            Ok(*position)
        })
    }

    /// Lists a directory from the position on: `write` gives false where there is no room for an entry, and gets it again next
    /// time.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOTDIR`].
    pub fn list(
        &self,
        held: &mut Root<'_, Task>,
        mut write: impl FnMut(&mut Held<'_, FilePosition, Task>, &crate::inode::Entry<'_>) -> Result<bool>,
    ) -> Result<()> {
        self.to_read()?;
        let File::Seekable(file) = &self.file else { return Err(Errno::ENOTDIR) };
        if file.inode().kind() != Kind::Directory {
            return Err(Errno::ENOTDIR);
        }
        held.with(&self.moving, |moving, mut held| {
            let position = &mut moving.at;
            loop {
                // One at a time: user memory is written to with the position held and nothing else.
                let mut found = None;
                file.entries(&mut held, *position, &mut |entry| {
                    found = Some((entry.number, entry.kind, entry.next, try_copy(entry.name)));
                    false
                })?;
                let Some((number, kind, next, name)) = found else { return Ok(()) };
                let name = name.map_err(|_| Errno::ENOMEM)?;
                if !write(&mut held, &crate::inode::Entry { number, kind, next, name: &name })? {
                    return Ok(());
                }
                *position = next;
            }
        })
    }
}
