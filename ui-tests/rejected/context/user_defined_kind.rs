//! A program invents a lock kind that exists in every context. Source: surelock hole s7: open traits.
//!
//! error[E0277]: `Magic` is not a lock kind
//! fix: use one of the three

use lockorder::{Context, Kind};

enum Magic {}
impl Kind for Magic {
    type Inside<C: Context> = C;
    const NAME: &'static str = "Magic";
}

fn main() {
    println!("{}", <Magic as Kind>::NAME);
}
