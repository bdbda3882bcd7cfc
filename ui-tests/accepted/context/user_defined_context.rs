//! A program invents a context in which everything is allowed. Source: surelock hole s7: open traits.
//!
//! accepted: use one of the four

use lockorder::{Context, Task};

type Anything = Task;

fn main() {
    println!("{}", <Anything as Context>::NAME);
}
