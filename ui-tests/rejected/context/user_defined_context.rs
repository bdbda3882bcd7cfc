//! A program invents a context in which everything is allowed. Source: surelock hole s7: open traits.
//!
//! error[E0277]: `Anything` is not an execution context
//! fix: use one of the four

use lockorder::Context;

/// Everything is allowed.
enum Anything {}
impl Context for Anything {
    const NAME: &'static str = "Anything";
}

fn main() {
    println!("{}", <Anything as Context>::NAME);
}
