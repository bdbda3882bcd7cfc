//! A class is given a rank that is not its number, through a library that its hierarchy is led to. Source: an attack: `crate = …` was believed.
//!
//! accepted: lead it to this library

#![forbid(unsafe_code)]

use lockorder::host::Mutex;

mod library {
    pub use lockorder::{__link_class, Band, Ceiling, Class, Declared, Hierarchy, Level, LevelInfo, host};
    pub mod __private {
        pub mod typenum {
            pub use lockorder::__private::typenum::{B0, B1, UInt, UTerm};
        }
    }
}

mod locks {
    lockorder::hierarchy! {
        crate = super::library;
        /// The locks of this program.
        pub hierarchy LOCKS;
        /// Outer.
        pub level Outer = 10 {
            /// An outer lock.
            pub class Tree = 1;
        }
    }
}

static TREE: Mutex<locks::Tree, u64> = Mutex::new(0);

fn main() {
    let _ = &TREE;
}
