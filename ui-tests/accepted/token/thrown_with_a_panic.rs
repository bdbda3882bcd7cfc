//! A root leaves its closure as the payload of a panic. Source: an attack on the token's lifetime.
//!
//! accepted: the payload is a text

use lockorder::with_root;

fn main() {
    let caught = std::panic::catch_unwind(|| {
        with_root(|held| {
            println!("{held:?}");
            std::panic::panic_any("enough");
        })
    });
    assert!(caught.is_err_and(|payload| payload.is::<&str>()));
}
