//! The names of the leaf locks, for the checker below them and for the locks themselves.

/// Every leaf lock there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// The free physical frames.
    Frames,
    /// The kernel heap.
    Heap,
    /// Which kernel stacks are free.
    Stacks,
    /// The table of all threads.
    Threads,
    /// The serial console.
    Console,
    /// The record channel to the host.
    Records,
    /// The list of a wait queue.
    WaitQueue,
    /// What a thread is lent by those who wait for it.
    Inheritance,
    /// The list of those who wait for a source.
    Source,
    /// The list of what of a gathering was told.
    Gathering,
}

#[cfg(feature = "checker")]
impl Leaf {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::Frames,
        Self::Heap,
        Self::Stacks,
        Self::Threads,
        Self::Console,
        Self::Records,
        Self::WaitQueue,
        Self::Inheritance,
        Self::Source,
        Self::Gathering,
    ];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Frames => "leaf Frames",
            Self::Heap => "leaf Heap",
            Self::Stacks => "leaf Stacks",
            Self::Threads => "leaf Threads",
            Self::Console => "leaf Console",
            Self::Records => "leaf Records",
            Self::WaitQueue => "leaf WaitQueue",
            Self::Inheritance => "leaf Inheritance",
            Self::Source => "leaf Source",
            Self::Gathering => "leaf Gathering",
        }
    }
}
