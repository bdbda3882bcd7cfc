//! A root is stored in a variable outside of its closure. Source: surelock holes s1 and s2.
//!
//! error[E0521]: borrowed data escapes outside of closure
//! fix: use it inside

use lockorder::with_root;

fn main() {
    let mut kept = None;
    with_root(|held| kept = Some(held));
    println!("{kept:?}");
}
