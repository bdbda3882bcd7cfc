//! Writes the UEFI disk image: `image-maker KERNEL RAMDISK OUT`.
//!
//! Built and called by `cargo run -- image` and `cargo run -- run --boot uefi`, which prepare what the loader's build
//! needs.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use bootloader::UefiBoot;
use bootloader_boot_config::BootConfig;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [kernel, ramdisk, out] = arguments.as_slice() else {
        eprintln!("image-maker: expected KERNEL RAMDISK OUT; use `cargo run -- image --out FILE`");
        return ExitCode::from(2);
    };
    // The console is the kernel's.
    let mut configuration = BootConfig::default();
    configuration.serial_logging = false;
    let mut boot = UefiBoot::new(Path::new(kernel));
    boot.set_ramdisk(Path::new(ramdisk)).set_boot_config(&configuration);
    match boot.create_disk_image(Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("image-maker: {}: {error:#}", Path::new(out).display());
            ExitCode::FAILURE
        }
    }
}
