//! Two classes have one rank, and name its level by two paths. Source: the rules of `hierarchy!`.
//!
//! error[E0080]: evaluation panicked: the rank of `Disk` is taken by `Console`
//! fix: give it a rank of its own

use kernel::Device as Hardware;
use lockorder::hierarchy;

mod kernel {
    lockorder::hierarchy! {
        /// The locks of the kernel.
        pub hierarchy KERNEL;
        /// Drivers.
        pub level Device = 50 {
            /// The requests of a device.
            pub class Queue = 0;
        }
    }
}

hierarchy! {
    /// A console.
    class Console in kernel::Device = 1;
    /// A disk.
    class Disk in self::Hardware = 1;
}

fn main() {
    println!("{} {}", kernel::KERNEL.name, lockorder::CLASSES.len());
}
