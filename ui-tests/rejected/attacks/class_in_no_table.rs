//! A class stands in no table, so that nobody sees that it is of another platform: `crate = …` leads to a macro that places nothing. Source: an attack: the class was one, and its program was not refused.
//!
//! error[E0277]: `locks::Tree` is not a lock class
//! fix: lead it to this library

#![forbid(unsafe_code)]

use lockorder::host::Mutex;

mod library {
    pub use lockorder::{__private, Band, Ceiling, Class, Declared, Hierarchy, Level, LevelInfo, host};

    macro_rules! nothing {
        ($($row:tt)*) => {};
    }
    pub(crate) use nothing as __link_class;
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
