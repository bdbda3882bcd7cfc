//! What a filesystem may have beyond the first ext2, in three sets: whoever does not know a compatible feature can do everything,
//! a read-only-compatible one read, an incompatible one nothing.

use bitflags::bitflags;

use crate::error::Error;

bitflags! {
    /// Features that change nothing for whoever does not know them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Compatible: u32 {
        /// There is a journal.
        const JOURNAL = 0x4;
        /// Inodes have blocks of extended attributes.
        const ATTRIBUTES = 0x8;
        /// Directories are indexed.
        const INDEX = 0x20;
        /// Features of others.
        const _ = !0;
    }

    /// Features without which nothing is written.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ReadOnly: u32 {
        /// Not every group has a copy of the superblock.
        const SPARSE = 0x1;
        /// Files may have 2 GiB and more.
        const LARGE = 0x2;
        /// Features of others.
        const _ = !0;
    }

    /// Features without which nothing is read.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Incompatible: u32 {
        /// Entries say what they lead to.
        const FILE_TYPES = 0x2;
        /// The journal is to be recovered.
        const RECOVER = 0x4;
        /// Features of others.
        const _ = !0;
    }
}

/// Names of the incompatible features, from bit 0 on, as `dumpe2fs` has them.
const NAMES: [&str; 18] = [
    "compression",
    "filetype",
    "needs_recovery",
    "journal_dev",
    "meta_bg",
    "an unknown one (0x20)",
    "extent",
    "64bit",
    "mmp",
    "flex_bg",
    "ea_inode",
    "an unknown one (0x800)",
    "dirdata",
    "metadata_csum_seed",
    "large_dir",
    "inline_data",
    "encrypt",
    "casefold",
];

impl Incompatible {
    /// Refuses features that are not known here, by name.
    pub(crate) fn check(self) -> Result<(), Error> {
        let unknown = self.difference(Self::FILE_TYPES.union(Self::RECOVER));
        if unknown.is_empty() {
            return Ok(());
        }
        let bit = unknown.bits().trailing_zeros() as usize;
        Err(Error::Unsupported(NAMES.get(bit).copied().unwrap_or("an unknown one")))
    }
}

impl ReadOnly {
    /// Whether the filesystem can be written.
    pub(crate) fn are_known(self) -> bool {
        self.difference(Self::SPARSE.union(Self::LARGE)).is_empty()
    }
}
