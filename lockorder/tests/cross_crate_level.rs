//! A level of another module, extended by path: what a driver crate does.

use lockorder::{CLASSES, IrqSpinLock, SpinLock, hierarchy, with_root};

/// Stands for the kernel crate.
mod kernel {
    lockorder::hierarchy! {
        /// The kernel's levels.
        pub(crate) hierarchy KERNEL;
        /// Files.
        pub(crate) level Filesystem = 40 {
            /// An inode.
            pub(crate) class Inode = 3;
        }
        /// Devices.
        pub(crate) level Device = 50 {
            /// The registry.
            pub(crate) class Registry = 1;
        }
        /// The last level.
        pub(crate) level User = 80;
        /// Declared in the flat form.
        pub(crate) class DescriptorTable in User = 63;
    }
}

hierarchy! {
    /// A driver's queue.
    class NvmeQueue in kernel::Device = 12;
    /// A driver's admin queue: never held together with the queue.
    class NvmeAdmin in kernel::Device = 12, sibling of NvmeQueue;
}

static INODE: SpinLock<kernel::Inode, u32> = SpinLock::new(1);
static REGISTRY: SpinLock<kernel::Registry, u32> = SpinLock::new(2);
static QUEUE: IrqSpinLock<NvmeQueue, u32> = IrqSpinLock::new(3);
static ADMIN: IrqSpinLock<NvmeAdmin, u32> = IrqSpinLock::new(4);
static TABLE: IrqSpinLock<kernel::DescriptorTable, u32> = IrqSpinLock::new(5);

#[test]
fn a_driver_class_nests_among_the_kernels() {
    let sum = with_root(|mut held| {
        held.with(&INODE, |inode, mut held| {
            held.with(&REGISTRY, |registry, mut held| {
                let queue =
                    held.with(&QUEUE, |queue, mut held| held.with(&TABLE, |table, _| *queue + *table));
                *inode + *registry + queue + *held.lock(&ADMIN)
            })
        })
    });
    assert_eq!(sum, 15);
}

#[test]
fn the_table_of_all_crates_has_every_class_with_its_rank() {
    let rank = |name: &str| {
        let mut found = CLASSES.iter().filter(|class| class.name == name);
        let class = found.next().unwrap_or_else(|| panic!("{name} is not in the table"));
        assert!(found.next().is_none(), "{name} is in the table twice");
        (class.level, class.rank)
    };
    assert_eq!(rank("Inode"), ("Filesystem", 40 * 64 + 3));
    assert_eq!(rank("NvmeQueue"), ("Device", 50 * 64 + 12));
    assert_eq!(rank("DescriptorTable"), ("User", 80 * 64 + 63));
    let admin = CLASSES.iter().find(|class| class.name == "NvmeAdmin").unwrap();
    assert_eq!(admin.sibling, Some("NvmeQueue"));
    assert_eq!(kernel::KERNEL.classes.len(), 3, "a driver's classes are not the kernel's");
    let ranks: Vec<_> = kernel::KERNEL.classes.iter().map(|class| class.rank).collect();
    assert!(ranks.is_sorted());
}
