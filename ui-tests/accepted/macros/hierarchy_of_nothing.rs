//! An invocation declares nothing. Source: the rules of `hierarchy!`.
//!
//! accepted: declare something

use lockorder::hierarchy;

hierarchy! { hierarchy LOCKS; }

fn main() {
    println!("{}", lockorder::CLASSES.len());
}
