//! Host program.
fn main() {}
