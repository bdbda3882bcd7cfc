//! A token is kept in a static, for whoever needs one. Source: Starnix: storable tokens.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be shared between threads safely
//! fix: pass it down

use lockorder::{Root, Task};

static TOKEN: Option<Root<'static, Task>> = None;

fn main() {
    println!("{TOKEN:?}");
}
