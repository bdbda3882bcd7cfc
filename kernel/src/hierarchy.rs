//! The lock hierarchy of the kernel: all eight levels, and the classes in use.
//!
//! A lock may be acquired only while everything held ranks outside of it. `cargo run -- hierarchy` draws
//! this; the diagram in the README is made from it.

lockorder::hierarchy! {
    /// The kernel's lock hierarchy, outermost first.
    pub hierarchy KERNEL, platform = crate::platform::Machine;

    /// Threads and processes: who is whose child, who waits for whom.
    pub level Scheduler = 10 {
        /// Parents and children, exit states.
        pub class ProcessTree = 1;
    }
    /// Address spaces and what is reclaimed from them.
    pub level Memory = 20 {
        /// The mappings of one address space.
        pub class AddressSpace = 0;
        /// Which addresses of the kernel's window for mappings are in use.
        pub class KernelSpace = 8;
    }
    /// Messages between processes of one machine.
    pub level Ipc = 30 {
        /// The bytes in one pipe.
        pub class Pipe = 0;
    }
    /// Files, directories, and the caches behind them.
    pub level Filesystem = 40 {
        /// What is mounted where: a serialising token.
        pub class MountTable = 0, order = serial;
        /// The entries of one directory; parent before child.
        pub class Directory = 2, order = tree;
        /// The state of one file; several by inode number.
        pub class Inode = 3, order = key;
        /// The cached pages of files.
        pub class PageCache = 5;
    }
    /// Drivers and what they drive.
    pub level Device = 50 {
        /// The requests of one block device; also taken by its interrupt handler.
        pub class BlockQueue = 0;
        /// How often each interrupt came; taken by the interrupt dispatcher.
        pub class InterruptCounts = 8;
    }
    /// The network.
    pub level Net = 60 {
        /// One network interface.
        pub class Interface = 0;
        /// One socket.
        pub class Socket = 2;
    }
    /// Secrets.
    pub level Crypto = 70 {
        /// The random pool.
        pub class RandomPool = 0;
    }
    /// What user-visible handles need last.
    pub level User = 80 {
        /// The open files of one process.
        pub class DescriptorTable = 0;
    }
}
