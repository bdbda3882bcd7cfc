//! What a terminal is ready for, known without a lock.

use bitflags::bitflags;

bitflags! {
    /// What can be done at once, in the bits of `poll`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Readiness: u32 {
        /// Something can be read, or reading would say that nothing comes any more (`POLLIN`, `POLLRDNORM`).
        const READ = 0x41;
        /// Something can be written (`POLLOUT`, `POLLWRNORM`).
        const WRITE = 0x104;
        /// Writing would fail (`POLLERR`).
        const ERROR = 0x8;
        /// The other side is gone (`POLLHUP`).
        const HANG_UP = 0x10;
    }
}
