//! A program invents a lock kind that exists in every context. Source: surelock hole s7: open traits.
//!
//! accepted: use one of the three

use lockorder::{Kind, Spinning};

type Magic = Spinning;

fn main() {
    println!("{}", <Magic as Kind>::NAME);
}
