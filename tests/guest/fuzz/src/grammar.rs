//! What calls there are, and what each of them takes: the grammar that random calls are made by.
//!
//! A call is described once, in the table of its group. An argument is a [`Kind`], not a value: the same kind is a good value, one
//! at a border or a hostile one, as [`crate::values`] draws it. A call whose argument depends on a command (`fcntl`, `ioctl`,
//! `prctl`, `setsockopt`) has a line for each family of commands. What a call [`Gives`] goes into the pools that later calls draw
//! from.

mod files;
mod memory;
mod objects;
mod paths;
mod processes;
mod signals;
mod sockets;
mod time;
mod waiting;

use libc::{c_int, c_long};

use crate::pools::Class;

/// What an argument is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// This number, most of the time.
    Exactly(u64),
    /// An open file's number.
    Descriptor,
    /// The number of an open file that is of this class, most of the time.
    Of(Class),
    /// A directory's number, `AT_FDCWD` among them.
    Directory,
    /// A path.
    Path,
    /// A program's path.
    Program,
    /// A name that is no path: of an attribute, of memory, of a host.
    Text,
    /// Memory that the call reads.
    In,
    /// Memory that the call writes.
    Out,
    /// How many bytes the memory before it has.
    Size,
    /// Where an `int` has how many bytes the memory before it has.
    SizeAt,
    /// How many elements the array before it has.
    Count,
    /// A structure's address, or null.
    To(Shape),
    /// Any of these, together.
    Flags(&'static [c_int]),
    /// One of these.
    OneOf(&'static [c_int]),
    /// A process or a thread.
    Process,
    /// A signal.
    Signal,
    /// A file's mode.
    Mode,
    /// A user or a group.
    User,
    /// A small number.
    Number,
    /// A timer of the process.
    Timer,
    /// Something that is watched.
    Watch,
    /// An object of System V.
    Object,
    /// A place in a file, or its length.
    Offset,
    /// How long memory is.
    Length,
    /// What `mmap` gave, or a page of it.
    Mapping,
    /// Where memory should be, or null.
    Hint,
    /// A word that threads or processes wait at.
    Word,
}

/// What lies at an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `struct timespec`, `struct timeval`, `struct utimbuf`.
    Time,
    /// Two of them: `struct itimerspec`, `struct itimerval`, times of a file.
    Times,
    /// A set of signals or of descriptors.
    Set,
    /// The two words of `pselect6`'s last argument.
    SetAndSize,
    /// `struct sigaction`.
    Action,
    /// `stack_t`.
    Stack,
    /// `siginfo_t`.
    Information,
    /// `struct sigevent`.
    Event,
    /// `struct epoll_event`.
    Watched,
    /// An array of `struct pollfd`.
    Polls,
    /// An array of `struct iovec`.
    Vector,
    /// `struct sockaddr` of some family.
    Address,
    /// `struct msghdr`, with names, vectors and control messages.
    Message,
    /// An array of `struct mmsghdr`.
    Messages,
    /// `struct rlimit`.
    Limit,
    /// `struct clone_args`.
    Clone,
    /// `struct flock`.
    Lock,
    /// A position in a file.
    Position,
    /// `struct open_how`.
    How,
    /// An array of strings that ends with null.
    Strings,
    /// An `int`.
    Integer,
    /// `struct sched_attr`.
    Attributes,
    /// The head of a list of robust locks.
    Robust,
    /// The head of what `capget` and `capset` take.
    Capabilities,
    /// Words without a meaning.
    Words,
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// Nothing that another call could take.
    Nothing,
    /// An open file.
    File(Class),
    /// The file of its first argument once more.
    Again,
    /// Nothing; but the file of its first argument is of another class from then on.
    Becomes(Class),
    /// Two open files, at the argument with this number.
    Pair(Class, usize),
    /// A process; in the new one 0.
    Process,
    /// A process that is never seen by this program: it ends after a few instructions.
    Shortlived,
    /// An address.
    Mapping,
    /// A timer, whose number is where this argument says.
    Timer(usize),
    /// Something that is watched.
    Watch,
    /// An object of System V.
    Object,
    /// A number that may be an address or an errno by its looks, and is neither.
    Anything,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// What people call it, with the family of commands.
    pub name: &'static str,
    /// What the kernel calls it.
    pub number: c_long,
    /// What it takes.
    pub takes: &'static [Kind],
    /// What it gives.
    pub gives: Gives,
    /// Once in how many times that it is drawn it is made.
    pub rarity: u64,
}

impl Call {
    /// The same, made once in so many times that it is drawn.
    const fn once_in(self, rarity: u64) -> Self {
        Self { rarity, ..self }
    }
}

/// A call that gives nothing.
const fn call(name: &'static str, number: c_long, takes: &'static [Kind]) -> Call {
    Call { name, number, takes, gives: Gives::Nothing, rarity: 1 }
}

/// A call that gives something.
const fn giving(gives: Gives, name: &'static str, number: c_long, takes: &'static [Kind]) -> Call {
    Call { name, number, takes, gives, rarity: 1 }
}

/// The tables.
pub(crate) const GROUPS: [&[Call]; 9] = [
    files::CALLS,
    paths::CALLS,
    memory::CALLS,
    objects::CALLS,
    processes::CALLS,
    signals::CALLS,
    sockets::CALLS,
    time::CALLS,
    waiting::CALLS,
];

/// The name of a call that has this number.
pub(crate) fn name(number: u64) -> &'static str {
    let named = |call: &&Call| u64::try_from(call.number) == Ok(number);
    let found = GROUPS.iter().flat_map(|group| group.iter()).find(named);
    found.map_or("unknown", |call| call.name.split('$').next().unwrap_or(call.name))
}
