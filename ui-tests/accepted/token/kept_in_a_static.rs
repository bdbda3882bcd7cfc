//! A token is kept in a static, for whoever needs one. Source: Starnix: storable tokens.
//!
//! accepted: pass it down

static TOKEN: Option<&str> = None;

fn main() {
    println!("{TOKEN:?}");
}
