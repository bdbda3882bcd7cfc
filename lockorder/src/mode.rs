//! How a lock is held: alone or beside others.

/// How a lock is held or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// By one thread alone.
    Exclusive = 0,
    /// Beside other readers; a reader that acquires it again may have to wait for a writer.
    Shared = 1,
    /// Beside other readers; a reader that acquires it again never waits. No lock of this library has it: the run-time
    /// checker knows it for locks that are made elsewhere.
    SharedRecursive = 2,
}
