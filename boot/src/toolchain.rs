//! Which compiler builds the kernel.
//!
//! The active toolchain, where it has the bare-metal target, or the source to build `core` and `alloc` from;
//! else Debian's `rustc-web` with `rust-web-src`, which is always a pair, the system's or one of the private tools. Nothing is
//! ever downloaded through rustup.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{private_tools, process};

/// The kernel's target.
pub const TARGET: &str = "x86_64-unknown-none";
/// The oldest compiler that builds the kernel, its minor version.
const OLDEST: u32 = 95;
/// Where Debian puts its compiler.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Names one compiler to use and no other; `cargo` is expected beside it.
pub const OVERRIDE: &str = "LOCKORDER_KERNEL_RUSTC";

/// Where `core` and `alloc` come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// They come with the compiler.
    Prebuilt,
    /// They are built from the compiler's own source.
    FromSource,
}

/// A compiler that can build the kernel.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The compiler.
    pub rustc: PathBuf,
    /// Its cargo.
    pub cargo: PathBuf,
    /// Where `core` and `alloc` come from.
    pub standard: Standard,
    /// What it calls itself.
    pub version: String,
    /// The linker, where the compiler does not bring its own.
    pub linker: Option<PathBuf>,
    /// Whether the source of `core` and `alloc` is there, to build them for other targets too.
    pub source: bool,
}

/// Why there is no toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// No compiler can build the kernel.
    Compiler,
    /// A compiler can, and there is no linker for it.
    Linker,
}

/// What a program prints on success, trimmed.
fn output(program: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = private_tools::command(program);
    // It may be rustup's proxy, which must answer from what is there.
    command.args(arguments).env("RUSTUP_AUTO_INSTALL", "0");
    Some(process::inquire(&mut command)?.trim().to_owned())
}

/// Whether a version text such as `rustc 1.96.0 (…)` is recent enough.
fn recent(version: &str) -> bool {
    let mut numbers = version.split_whitespace().nth(1).unwrap_or("").split(['.', '-']);
    let mut number = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (number(), number()) {
        (Some(1), Some(minor)) => minor >= OLDEST,
        (Some(major), _) => major > 1,
        _ => false,
    }
}

/// The first of `names` on the search path.
#[must_use]
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
    })
}

/// A linker: the one that rustup brings, else one on the search path.
pub(crate) fn linker() -> Option<PathBuf> {
    let bundled = on_path(&["rustc"]).and_then(|rustc| {
        let sysroot = output(&rustc, &["--print", "sysroot"])?;
        let host = output(&rustc, &["--print", "host-tuple"])?;
        Some(PathBuf::from(sysroot).join("lib/rustlib").join(host).join("bin/rust-lld"))
    });
    bundled
        .filter(|file| file.is_file())
        .or_else(|| on_path(&["rust-lld", "ld.lld-22", "ld.lld-19", "ld.lld-14", "ld.lld"]))
        .or_else(|| private_tools::program("ld.lld", &["lld"]))
}

/// The C library to link programs for the guest with: where the C compiler that links says it is. `None` where there is none,
/// and on machines whose programs the guest cannot run.
pub(crate) fn static_library() -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return None;
    }
    let said = output(&on_path(&["cc"])?, &["-print-file-name=libc.a"])?;
    // A name that is not found comes back as it was.
    Some(PathBuf::from(said)).filter(|path| path.is_absolute() && path.is_file())
}

/// What one compiler can do for the kernel.
fn examine(rustc: &Path) -> Option<Toolchain> {
    let version = output(rustc, &["--version"]).filter(|version| recent(version))?;
    let cargo = rustc.with_file_name("cargo");
    if !cargo.is_file() {
        return None;
    }
    let library = output(rustc, &["--print", "target-libdir", "--target", TARGET]).map(PathBuf::from)?;
    let sysroot = output(rustc, &["--print", "sysroot"]).map(PathBuf::from)?;
    let source = sysroot.join("lib/rustlib/src/rust/library/core/Cargo.toml").is_file();
    let has_core = std::fs::read_dir(library).is_ok_and(|files| {
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
    });
    if has_core {
        return Some(Toolchain {
            rustc: rustc.into(),
            cargo,
            standard: Standard::Prebuilt,
            version,
            linker: None,
            source,
        });
    }
    source.then(|| Toolchain {
        rustc: rustc.into(),
        cargo,
        standard: Standard::FromSource,
        version,
        linker: linker(),
        source,
    })
}

/// Compilers to look at, the best first.
fn candidates() -> Vec<PathBuf> {
    match env::var_os(OVERRIDE) {
        Some(only) => vec![PathBuf::from(only)],
        None => on_path(&["rustc"])
            .into_iter()
            .chain([PathBuf::from(DEBIAN_RUSTC)])
            .chain(private_tools::program("rustc", &["rustc-web", "cargo-web", "rust-web-src"]))
            .collect(),
    }
}

impl Toolchain {
    /// The toolchain to build the kernel with.
    ///
    /// # Errors
    ///
    /// [`Lacking`], when this machine has none.
    pub fn find() -> Result<Self, Lacking> {
        let toolchain = candidates().iter().find_map(|rustc| examine(rustc)).ok_or(Lacking::Compiler)?;
        if toolchain.standard == Standard::FromSource && toolchain.linker.is_none() {
            return Err(Lacking::Linker);
        }
        Ok(toolchain)
    }

    /// The toolchain to build the UEFI loader with, for whose target `core` is always built from source.
    #[must_use]
    pub fn find_with_source() -> Option<Self> {
        candidates().iter().filter_map(|rustc| examine(rustc)).find(|toolchain| toolchain.source)
    }

    /// A linker for UEFI programs, where the compiler does not bring its own.
    #[must_use]
    pub fn uefi_linker(&self) -> Option<PathBuf> {
        let linker = self.linker.clone().or_else(linker)?;
        let name = linker.file_name()?.to_str()?;
        // The one that rustup brings is told by its caller what to be; others have a name for each.
        if name.starts_with("rust-lld") {
            return Some(linker);
        }
        let sibling = linker.with_file_name(name.replace("ld.lld", "lld-link"));
        Some(sibling)
            .filter(|file| file.is_file())
            .or_else(|| on_path(&["lld-link"]))
            .or_else(|| private_tools::program("lld-link", &["lld"]))
    }

    /// A cargo command with the environment prepared: nothing of an outer cargo's leaks into it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        without_outer_build(&mut command);
        for program in [Some(&self.cargo), self.linker.as_ref()].into_iter().flatten() {
            private_tools::lend_libraries(&mut command, program);
        }
        command.env("RUSTC", &self.rustc);
        command.env(
            "CARGO_TARGET_X86_64_UNKNOWN_NONE_RUSTFLAGS",
            "-Crelocation-model=static -Ccode-model=kernel",
        );
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_X86_64_UNKNOWN_NONE_LINKER", linker);
        }
        if self.standard == Standard::FromSource {
            // Building the standard library is unstable; compiler and source are a pair, which makes it work.
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        command
    }

    /// The arguments that make `core` and `alloc` available.
    #[must_use]
    pub const fn standard_arguments(&self) -> &'static [&'static str] {
        match self.standard {
            Standard::Prebuilt => &[],
            Standard::FromSource => {
                &["-Zbuild-std=core,alloc,compiler_builtins", "-Zbuild-std-features=compiler-builtins-mem"]
            }
        }
    }
}

/// Takes out of a command's environment what describes an outer cargo's build.
pub(crate) fn without_outer_build(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if leaks(&name) {
            command.env_remove(name);
        }
    }
}

/// Whether an environment variable describes an outer cargo's build and not the user's wishes.
fn leaks(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let kept = ["CARGO_HOME", "CARGO_TERM_", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
    let of_cargo = name.starts_with("CARGO") && !kept.iter().any(|prefix| name.starts_with(prefix));
    let of_rustc = name.starts_with("RUSTC") || name.starts_with("RUSTDOC") || name.ends_with("RUSTFLAGS");
    of_cargo || of_rustc || name == "LD_LIBRARY_PATH"
}

#[cfg(test)]
mod tests {
    use super::{leaks, recent};

    #[test]
    fn versions_are_compared() {
        assert!(recent("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"));
        assert!(recent("rustc 1.95.0-nightly (x)") && recent("rustc 2.0.1"));
        assert!(!recent("rustc 1.63.0") && !recent("rustc") && !recent(""));
    }

    #[test]
    fn an_outer_build_does_not_leak() {
        for name in ["CARGO", "CARGO_PKG_NAME", "CARGO_TARGET_DIR", "RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS"] {
            assert!(leaks(name.as_ref()), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_HTTP_PROXY", "PATH", "HOME", "RUSTUP_HOME", "https_proxy"] {
            assert!(!leaks(name.as_ref()), "{name}");
        }
    }
}
