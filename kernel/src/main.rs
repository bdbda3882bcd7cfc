//! The kernel's image. Everything is in the library; on a host this only says what to do instead.

#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

base::boot!(kernel::main);

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    eprintln!("kernel: this is a kernel, built for a host only to be checked; boot it with `cargo run`");
    std::process::ExitCode::from(2)
}
