//! A static of another type is placed in the section of the class table, which is read as references. Source: an attack: a macro that placed any item in any section was exported.
//!
//! accepted: declare classes by `hierarchy!`, which places rows only

#![forbid(unsafe_code)]

use lockorder::{CLASSES, hierarchy};

hierarchy! {
    hierarchy LOCKS;
    level Outer = 10 {
        class Tree = 1;
    }
}

fn main() {
    for class in &CLASSES {
        println!("{}", class.name);
    }
}
