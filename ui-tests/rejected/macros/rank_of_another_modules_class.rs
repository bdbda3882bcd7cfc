//! A class takes a rank that the level of another module has given away. Source: the rules of `hierarchy!`.
//!
//! error[E0080]: evaluation panicked: minor number 0 of `kernel::Device` is taken by a class that is declared with the level
//! fix: give it a rank of its own

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
    class Console in kernel::Device = 0;
}

fn main() {
    println!("{} {}", kernel::KERNEL.name, lockorder::CLASSES.len());
}
