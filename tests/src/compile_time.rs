//! How long the compiler takes to check lock orders, by the number of classes.
//!
//! Programs are made, with so many classes and as many nested acquisitions, in two encodings: this library's, where a rank
//! is a number and one implementation compares any two; and the pairwise one, where each pair of classes in order is an
//! implementation of its own. A program is checked (`cargo check`), and the time that an empty one takes is taken off.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How an order is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Nothing is declared: what the compiler takes for nothing.
    Empty,
    /// As `hierarchy!` does it: one number for each class.
    Ranks,
    /// An implementation for each pair.
    Pairs,
}

/// How many ranks a level has.
const RANKS: usize = 64;
/// The number of the first level that the programs declare.
const FIRST_LEVEL: usize = 10;

/// A program with so many classes, each acquired under the one before it.
#[must_use]
pub fn program(encoding: Encoding, classes: usize) -> String {
    match encoding {
        Encoding::Empty => String::from("//! Nothing.\n"),
        Encoding::Ranks => ranks(classes),
        Encoding::Pairs => pairs(classes),
    }
}

/// By ranks: levels full of classes.
fn ranks(classes: usize) -> String {
    let mut text = String::from(
        "use lockorder::{Root, SpinLock, Task, hierarchy};\nhierarchy! {\n/// All.\npub hierarchy ALL;\n",
    );
    for level in 0..classes.div_ceil(RANKS) {
        let _ = write!(text, "/// A level.\npub level Level{level} = {} {{\n", FIRST_LEVEL + level);
        for class in level * RANKS..classes.min((level + 1) * RANKS) {
            let _ = write!(text, "/// A class.\npub class C{class} = {};\n", class % RANKS);
        }
        text += "}\n";
    }
    text += "}\n";
    for class in 0..classes {
        let _ = writeln!(text, "static L{class}: SpinLock<C{class}, u8> = SpinLock::new(0);");
    }
    for class in 1..classes {
        let _ = writeln!(
            text,
            "pub fn f{class}(mut held: Root<'_, Task>) {{ let mut o = held.lock(&L{}); let mut h = o.held(); *h.lock(&L{class}) += 1; }}",
            class - 1
        );
    }
    text
}

/// By pairs: a marker trait, a token with a type for what is held, and an implementation for each pair in order.
fn pairs(classes: usize) -> String {
    let mut text = String::from(
        "use std::marker::PhantomData;\npub trait After<O> {}\npub struct Nothing;\n\
         pub struct Token<'a, L>(PhantomData<(&'a mut (), L)>);\n\
         pub struct Lock<L, T>(std::cell::UnsafeCell<T>, PhantomData<L>);\n\
         unsafe impl<L, T> Sync for Lock<L, T> {}\n\
         pub struct Guard<'a, L, T>(&'a Lock<L, T>);\n\
         impl<L, T> Guard<'_, L, T> { pub fn held(&mut self) -> Token<'_, L> { Token(PhantomData) } }\n\
         impl<O> Token<'_, O> { pub fn lock<'s, L: After<O>, T>(&'s mut self, lock: &'s Lock<L, T>) -> Guard<'s, L, T> { Guard(lock) } }\n",
    );
    for class in 0..classes {
        let _ = writeln!(
            text,
            "pub struct C{class};\nimpl After<Nothing> for C{class} {{}}\n\
             static L{class}: Lock<C{class}, u8> = Lock(std::cell::UnsafeCell::new(0), PhantomData);"
        );
        for outer in 0..class {
            let _ = writeln!(text, "impl After<C{outer}> for C{class} {{}}");
        }
    }
    for class in 1..classes {
        let _ = writeln!(
            text,
            "pub fn f{class}(mut held: Token<'_, Nothing>) {{ let mut o = held.lock(&L{}); let mut h = o.held(); let _ = h.lock(&L{class}); }}",
            class - 1
        );
    }
    text
}

/// A package in which programs are checked, one after the other.
#[derive(Debug)]
pub struct Package {
    directory: PathBuf,
}

impl Package {
    /// Makes it, and has its dependencies built.
    ///
    /// # Panics
    ///
    /// When the directory is not writable, or the library does not build.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let package = Self { directory: directory.to_owned() };
        fs::create_dir_all(directory.join("src")).expect("writable");
        let library = crate::root().join("lockorder");
        let manifest = format!(
            "[package]\nname = \"ordered\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\nlockorder = {{ path = \"{}\", features = [\"std\"] }}\n\n[workspace]\n",
            library.display()
        );
        fs::write(directory.join("Cargo.toml"), manifest).expect("writable");
        // The versions that the workspace has locked, so that nothing new is looked for.
        fs::copy(crate::root().join("Cargo.lock"), directory.join("Cargo.lock")).expect("writable");
        let _ = package.check(Encoding::Empty, 0);
        package
    }

    /// Has a program checked; gives how long that took.
    ///
    /// # Panics
    ///
    /// When it does not compile.
    #[must_use]
    pub fn check(&self, encoding: Encoding, classes: usize) -> Duration {
        fs::write(self.directory.join("src/lib.rs"), program(encoding, classes)).expect("writable");
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["check", "--quiet", "--manifest-path"])
            .arg(self.directory.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(self.directory.join("target"))
            .env("RUSTFLAGS", "--cap-lints allow")
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null());
        let began = Instant::now();
        let output = command.output().expect("cargo runs");
        let time = began.elapsed();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        time
    }

    /// What a program takes more than an empty one: the median of so many runs of both, one after the other.
    ///
    /// # Panics
    ///
    /// When it does not compile.
    #[must_use]
    pub fn measure(&self, encoding: Encoding, classes: usize, runs: usize) -> Duration {
        let mut times: Vec<_> = (0..runs)
            .map(|_| {
                let empty = self.check(Encoding::Empty, 0);
                self.check(encoding, classes).saturating_sub(empty)
            })
            .collect();
        times.sort_unstable();
        times[runs / 2]
    }
}

/// The exponent by which times grow with sizes: the slope of the line through their logarithms, by least squares.
#[must_use]
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let points: Vec<_> = points.iter().map(|(size, time)| (size.ln(), time.max(1e-6).ln())).collect();
    #[allow(clippy::cast_precision_loss, reason = "a few points")]
    let count = points.len() as f64;
    let mean = |part: fn(&(f64, f64)) -> f64| points.iter().map(part).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        (above + (point.0 - x) * (point.1 - y), below + (point.0 - x).powi(2))
    });
    above / below
}
