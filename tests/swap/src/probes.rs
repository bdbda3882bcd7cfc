//! The module that a broken crate gets: locks further in and further out than its own, and functions that change types.
//!
//! Nothing of it runs: the crate is only checked. `kept` lends out what it is given for as long as it is asked for, so that
//! a token with a lock around it can stand wherever the bare token stood:
//!
//! ```text
//! held.with(&FREE, …)
//! crate::swapped::kept(crate::swapped::kept(held.lock(&crate::swapped::SLEEPS_INNERMOST)).held()).with(&FREE, …)
//! ```
//!
//! Whether a kind of lock spins is asked by traits of this module and not of the library, so that a hole in the library's own
//! table does not hide itself.

use std::fmt::Write as _;

/// How the probes of a crate are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probes {
    /// The levels' paths, outermost first.
    pub levels: Vec<String>,
    /// The type of locks whose waiters sleep.
    pub sleeping: String,
    /// The platform.
    pub platform: String,
}

/// The module's path in the crate.
pub const MODULE: &str = "swapped";

/// How the names of classes begin that are further out.
pub const OUTSIDE: &str = "Out";

/// The three kinds of locks, as the names of probes begin.
pub const KINDS: [&str; 3] = ["SLEEPS", "SPINS", "SAFE"];

/// What does not depend on the crate.
const FUNCTIONS: &str = r"
use lockorder::{
    Atomic, Class, Context, Guard, Held, IrqOff, IrqSafe, IrqSpinLock, Level, Lock, Lockable, RawLock, RawReadWriteLock,
    RwLock, SeqLock, SpinLock, Spinning,
};

pub(crate) fn kept<'k, T: 'k>(_: T) -> &'k mut T { loop {} }

pub(crate) fn any<A, B>(_: A) -> B { loop {} }

pub(crate) trait Spins {}
impl Spins for Spinning {}
impl Spins for IrqSafe {}
pub(crate) trait Safe {}
impl Safe for IrqSafe {}

pub(crate) fn spins<L: Class, R: RawLock, T: ?Sized>(lock: &Lock<L, R, T>) -> &Lock<L, R, T>
where R::Kind: Spins { lock }
pub(crate) fn safe<L: Class, R: RawLock, T: ?Sized>(lock: &Lock<L, R, T>) -> &Lock<L, R, T>
where R::Kind: Safe { lock }
pub(crate) fn spins_read_write<L: Class, R: RawReadWriteLock, T: ?Sized>(lock: &RwLock<L, R, T>) -> &RwLock<L, R, T>
where R::Kind: Spins { lock }
pub(crate) fn safe_read_write<L: Class, R: RawReadWriteLock, T: ?Sized>(lock: &RwLock<L, R, T>) -> &RwLock<L, R, T>
where R::Kind: Safe { lock }
pub(crate) fn spins_sequence<L: Class, R: RawLock, T: lockorder::PlainData>(lock: &SeqLock<L, R, T>) -> &SeqLock<L, R, T>
where R::Kind: Spins { lock }
pub(crate) fn safe_sequence<L: Class, R: RawLock, T: lockorder::PlainData>(lock: &SeqLock<L, R, T>) -> &SeqLock<L, R, T>
where R::Kind: Safe { lock }
pub(crate) fn spins_guard<'k, M: Lockable + ?Sized, H: Level, C: Context>(guard: Guard<'k, M, H, C>) -> Guard<'k, M, H, C>
where M::Kind: Spins { guard }
pub(crate) fn safe_guard<'k, M: Lockable + ?Sized, H: Level, C: Context>(guard: Guard<'k, M, H, C>) -> Guard<'k, M, H, C>
where M::Kind: Safe { guard }

pub(crate) fn plain<L: Class, R: RawLock, T>(_: &Lock<L, R, T>) -> &SpinLock<L, T>
where R::Kind: Safe { loop {} }

pub(crate) fn same<G>(guard: G) -> G { guard }
pub(crate) fn under_another<'k, M: Lockable + ?Sized, H: Level, C: Context>(_: Guard<'k, M, H, C>) -> Guard<'k, M, Outermost, C> { loop {} }
pub(crate) fn preemption_off<'k, M: Lockable + ?Sized, H: Level, C: Context>(_: Guard<'k, M, H, C>) -> Guard<'k, M, H, Atomic> { loop {} }
pub(crate) fn interrupts_off<'k, M: Lockable + ?Sized, H: Level, C: Context>(_: Guard<'k, M, H, C>) -> Guard<'k, M, H, IrqOff> { loop {} }

pub(crate) struct Opened<'k, L: Level, C: Context>(Held<'k, L, C>);
impl<'k, L: Level, C: Context> Opened<'k, L, C> {
    pub(crate) fn held(&mut self) -> Held<'_, L, C> { loop {} }
}
pub(crate) fn opened<'k, P, L: Level, C: Context>(_: (P, Held<'k, L, C>)) -> Opened<'k, L, C> { loop {} }
";

impl Probes {
    /// The module's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut classes = String::new();
        let mut locks = String::new();
        let mut declare = |class: &str, probe: &str, level: &str, minor: u8| {
            // A string takes everything.
            let _ = writeln!(classes, "    pub class {class} in {level} = {minor};");
            for (kind, lock) in KINDS.iter().zip([self.sleeping.as_str(), "SpinLock", "IrqSpinLock"]) {
                let _ = writeln!(
                    locks,
                    "pub(crate) static {kind}_{probe}: {lock}<{class}, ()> = {lock}::new(());"
                );
            }
        };
        for (number, level) in self.levels.iter().enumerate() {
            let class =
                if number == 0 { format!("{OUTSIDE}ermost") } else { format!("{OUTSIDE}side{number}") };
            declare(&class, &number.to_string(), level, 1);
        }
        if let Some(last) = self.levels.last() {
            declare("Innermost", "INNERMOST", last, 15);
        }
        format!("{FUNCTIONS}\nlockorder::hierarchy! {{\n{classes}}}\n{locks}")
    }

    /// The names of the probes further out, the outermost first, those whose waiters sleep before those that spin.
    #[must_use]
    pub fn outside(&self) -> Vec<String> {
        let numbers = 0..self.levels.len();
        numbers.flat_map(|number| KINDS.iter().map(move |kind| format!("{kind}_{number}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Probes;

    #[test]
    fn each_level_has_a_class_and_three_locks() {
        let probes = Probes {
            levels: vec!["levels::Outer".to_owned(), "levels::Inner".to_owned()],
            sleeping: "crate::Mutex".to_owned(),
            platform: "crate::Machine".to_owned(),
        };
        let text = probes.text();
        for line in [
            "    pub class Outermost in levels::Outer = 1;\n",
            "    pub class Innermost in levels::Inner = 15;\n",
            "pub(crate) static SLEEPS_0: crate::Mutex<Outermost, ()> = crate::Mutex::new(());\n",
            "pub(crate) static SAFE_INNERMOST: IrqSpinLock<Innermost, ()> = IrqSpinLock::new(());\n",
        ] {
            assert!(text.contains(line), "{line}");
        }
        assert_eq!(probes.outside(), ["SLEEPS_0", "SPINS_0", "SAFE_0", "SLEEPS_1", "SPINS_1", "SAFE_1"]);
    }
}
