//! A user invents a discipline, to take locks of a class in any order. Source: lockdep, subclasses that the caller chooses.
//!
//! error[E0277]: the trait bound `Careful: order::sealed::Sortable` is not satisfied
//! error[E0277]: the trait bound `Careful: Discipline` is not satisfied
//! fix: choose one of the four

use lockorder::hierarchy;

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3, order = address;
    }
}

enum Careful {}
impl lockorder::order::Sortable for Careful {}

fn show<Order: lockorder::order::Sortable>() {
    println!("{}", <Order as lockorder::order::Discipline>::KIND);
}

fn main() {
    show::<Careful>();
}
