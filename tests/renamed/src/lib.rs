//! A crate that has `lockorder` under another name: every macro is told it by `crate = path`.
//!
//! It forbids `unsafe` code, and lints of unused code: no macro emits an `#[allow]`, which such a crate refuses.

#![forbid(unsafe_code, dead_code, unused_mut, unused_variables, unused_parens, clippy::all)]

/// The library under a third name, by a path of several parts.
pub mod locks {
    pub use lo as order;
}

use lo::{Acquire, Held, IrqSpinLock, SpinLock, acquire, acquires, hierarchy};

hierarchy! {
    crate = lo;
    /// The locks of this crate.
    pub hierarchy RENAMED;
    /// Files.
    pub level Filesystem = 40 {
        /// A directory.
        pub class Directory = 1;
        /// The state of a file.
        pub class Inode = 3;
    }
    /// A level that nobody uses yet.
    level Device = 50;
}

/// A class of a level that is declared elsewhere.
pub mod journal {
    lo::hierarchy! {
        crate = crate::locks::order;
        /// Records of what is about to be written.
        pub class Journal in crate::Filesystem = 5;
    }
}

/// A volume's locks.
#[derive(Acquire, Debug)]
#[acquire(crate = lo)]
pub struct Volume {
    /// Entries of the directory.
    pub directory: SpinLock<Directory, u32>,
    /// Size of the file.
    pub inode: SpinLock<Inode, u64>,
    /// Records of the journal.
    #[acquire(name = "lock_records")]
    pub journal: IrqSpinLock<journal::Journal, u8>,
}

/// Writes a file.
#[acquires(Directory, Inode; atomic, crate = locks::order)]
pub fn write(held: Held, volume: &Volume) -> u64 {
    acquire!(held => entries = volume.directory, size = volume.inode => {
        *entries += 1;
        *size += 512;
        u64::from(*volume.lock_records(&mut held)) + *size
    })
}

/// Writes a file by a token that the caller keeps.
#[acquires(Inode; atomic, dyn, crate = lo)]
pub fn size(held: &mut Held, volume: &Volume) -> u64 {
    *volume.lock_inode(held)
}

#[cfg(test)]
mod tests {
    use lo::{CLASSES, IrqSpinLock, SpinLock, with_root};

    use super::{Inode, RENAMED, Volume, size, write};

    #[test]
    fn every_macro_works_under_another_name() {
        let volume =
            Volume { directory: SpinLock::new(0), inode: SpinLock::new(0), journal: IrqSpinLock::new(1) };
        let sizes = with_root(|mut held| {
            (write(held.reborrow(), &volume), size(&mut held.below::<Inode>().to_atomic(), &volume))
        });
        assert_eq!(sizes, (513, 512));
    }

    #[test]
    fn the_linker_gathers_the_classes() {
        let mut found: Vec<_> = CLASSES.iter().map(|class| class.name).collect();
        found.sort_unstable();
        assert_eq!(found, ["Directory", "Inode", "Journal"]);
        assert_eq!(RENAMED.levels.len(), 2);
    }
}
