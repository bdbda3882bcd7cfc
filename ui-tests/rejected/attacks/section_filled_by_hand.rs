//! A static of another type is placed in the section of the class table, which is read as references. Source: an attack: a macro that placed any item in any section was exported.
//!
//! error[E0433]: cannot find `__in_section` in `lockorder`
//! fix: declare classes by `hierarchy!`, which places rows only

#![forbid(unsafe_code)]

use lockorder::CLASSES;

lockorder::__in_section! {
    "lockorder_classes_0_1", "__DATA,__lockorder_0_1,regular,no_dead_strip", ".lockorder_0_1$b",
    static TREE: usize = 1;
}

fn main() {
    for class in &CLASSES {
        println!("{}", class.name);
    }
}
