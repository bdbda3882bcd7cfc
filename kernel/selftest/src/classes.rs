//! The lock classes of the workloads: some in each level of the kernel, at minor numbers that the kernel's own do not use.
//!
//! Their locks protect what the workloads count. They are named after what a kernel has there.

lockorder::hierarchy! {
    /// Parents and children, exit states.
    pub class ProcessTree in base::levels::Scheduler = 12;
    /// The mappings of one address space.
    pub class AddressSpace in base::levels::Memory = 12;
    /// The bytes in one pipe.
    pub class Pipe in base::levels::Ipc = 12;
    /// What is mounted where: a serialising token.
    pub class MountTable in base::levels::Filesystem = 12, order = serial;
    /// The entries of one directory; parent before child.
    pub class Directory in base::levels::Filesystem = 13, order = tree;
    /// The state of one file; several by inode number.
    pub class Inode in base::levels::Filesystem = 14, order = key;
    /// The cached pages of files.
    pub class PageCache in base::levels::Filesystem = 15;
    /// The requests of one block device; also acquired by its interrupt handler.
    pub class BlockQueue in base::levels::Device = 12;
    /// That a block device has answered.
    pub class BlockAnswer in base::levels::Device = 13;
    /// One network interface.
    pub class Interface in base::levels::Net = 12;
    /// One socket.
    pub class Socket in base::levels::Net = 13;
    /// The random pool.
    pub class RandomPool in base::levels::Crypto = 12;
    /// The open files of one process.
    pub class DescriptorTable in base::levels::User = 12;
}
