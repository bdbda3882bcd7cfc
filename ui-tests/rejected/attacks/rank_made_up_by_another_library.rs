//! A class is given a rank that is not its number, through a library that its hierarchy is led to. Source: an attack: `crate = …` was believed.
//!
//! error[E0080]: the rank of a position as a type is not its rank as a number
//! fix: lead it to this library

#![forbid(unsafe_code)]

use lockorder::host::Mutex;

mod library {
    pub use lockorder::{__link_class, Band, Ceiling, Class, Declared, Hierarchy, Level, LevelInfo, host};
    pub mod __private {
        pub mod typenum {
            use lockorder::__private::typenum::U1024;
            pub use lockorder::__private::typenum::{B0, B1, UTerm};
            pub type UInt<U, B> = <(U, B) as Far>::Rank;
            pub trait Far {
                type Rank;
            }
            impl<U, B> Far for (U, B) {
                type Rank = U1024;
            }
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
