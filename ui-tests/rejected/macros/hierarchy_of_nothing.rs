//! An invocation declares nothing. Source: the rules of `hierarchy!`.
//!
//! error: nothing is declared here
//! fix: declare something

use lockorder::hierarchy;

hierarchy! {}

fn main() {
    println!("{}", lockorder::CLASSES.len());
}
