//! A root is returned from its closure. Source: surelock holes s1 and s2.
//!
//! accepted: return what was computed with it

use lockorder::with_root;

fn main() {
    let kept = with_root(|held| format!("{held:?}"));
    println!("{kept:?}");
}
