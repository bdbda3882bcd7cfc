//! A root leaves its closure as the payload of a panic. Source: an attack on the token's lifetime.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be sent between threads safely
//! fix: panic with a text

use lockorder::with_root;

fn main() {
    let caught = std::panic::catch_unwind(|| {
        with_root(|held| {
            println!("{held:?}");
            std::panic::panic_any(held);
        })
    });
    assert!(caught.is_err_and(|payload| payload.is::<&str>()));
}
