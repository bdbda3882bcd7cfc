//! Gives the bare-metal link its script. On a host target the kernel is only checked and tested.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=link.ld");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let directory = env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's directory");
        println!("cargo:rustc-link-arg-bins=-T{directory}/link.ld");
        println!("cargo:rustc-link-arg-bins=--gc-sections");
        // The class table is named by its start and stop symbols only.
        println!("cargo:rustc-link-arg-bins=-znostart-stop-gc");
    }
}
