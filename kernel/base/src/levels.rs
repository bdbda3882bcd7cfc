//! The levels of the kernel's lock hierarchy, outermost first.
//!
//! A lock may be acquired only while everything held ranks outside of it. The levels order *acquisition*, not subsystems: a
//! class stands in the level at which its locks are acquired. Each class is declared beside the lock that it orders:
//!
//! ```text
//! lockorder::hierarchy! {
//!     /// What its locks protect.
//!     pub class Inode in base::levels::Filesystem = 5, order = key;
//! }
//! ```
//!
//! The linker gathers the classes of all crates; `cargo run -- hierarchy` draws them.

lockorder::hierarchy! {
    /// The levels of the kernel, outermost first.
    pub hierarchy KERNEL, platform = crate::platform::Machine;

    /// Threads and processes: who is whose child, who waits for whom.
    pub level Scheduler = 10;
    /// Address spaces and what is reclaimed from them.
    pub level Memory = 20;
    /// Messages between processes of one machine.
    pub level Ipc = 30;
    /// Files, directories, and the caches behind them.
    pub level Filesystem = 40;
    /// Drivers and what they drive.
    pub level Device = 50;
    /// The network.
    pub level Net = 60;
    /// Secrets.
    pub level Crypto = 70;
    /// What user-visible handles need last.
    pub level User = 80;
}
