//! A user invents a discipline, to take locks of a class in any order. Source: lockdep, subclasses that the caller chooses.
//!
//! accepted: one of the four

use lockorder::hierarchy;

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3, order = address;
    }
}

type Careful = lockorder::order::ByAddress;

fn show<Order: lockorder::order::Sortable>() {
    println!("{}", <Order as lockorder::order::Discipline>::KIND);
}

fn main() {
    show::<Careful>();
}
