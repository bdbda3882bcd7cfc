//! A program in outline: its locks by rank, and paths that acquire them one inside of the other.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::row::{Acquisition, Manner};

/// Where a path runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// In a thread.
    Thread,
    /// In an interrupt handler.
    Handler,
    /// As soft work.
    SoftWork,
}

impl Runs {
    /// The context of its token.
    const fn context(self) -> &'static str {
        match self {
            Self::Thread => "Task",
            Self::Handler => "HardIrq",
            Self::SoftWork => "Atomic",
        }
    }
}

/// What surrounds the acquisitions of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Nothing.
    Nothing,
    /// Interrupts are off.
    InterruptsOff,
    /// Preemption is off.
    PreemptionOff,
    /// Interrupts are off, and come on again while the lock is held.
    InterruptsOnTooEarly,
}

/// Who acquires what.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it runs.
    pub runs: Runs,
    /// What surrounds it.
    pub around: Around,
    /// What it acquires, one inside of the other.
    pub acquires: Vec<Acquisition>,
    /// Whether each is released before the next one is acquired.
    pub one_at_a_time: bool,
}

impl Path {
    /// A path of a thread.
    #[must_use]
    pub const fn thread(acquires: Vec<Acquisition>) -> Self {
        Self { runs: Runs::Thread, around: Around::Nothing, acquires, one_at_a_time: false }
    }

    /// A path of a handler.
    #[must_use]
    pub fn handler(acquires: Vec<Acquisition>) -> Self {
        Self { runs: Runs::Handler, ..Self::thread(acquires) }
    }

    /// The same with something around it.
    #[must_use]
    pub fn with(self, around: Around) -> Self {
        Self { around, ..self }
    }
}

/// A program.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// The classes, outermost first.
    pub ranks: Vec<String>,
    /// The locks that are interrupt-safe.
    pub interrupt_safe: Vec<String>,
    /// The paths.
    pub paths: Vec<Path>,
}

/// The class of a lock: its name without a number.
fn class(lock: &str) -> &str {
    lock.trim_end_matches(|digit: char| digit.is_ascii_digit())
}

impl Sketch {
    /// The type of a lock.
    fn kind(&self, lock: &str, manner: Manner) -> &'static str {
        let safe = self.interrupt_safe.iter().any(|name| name == lock);
        match manner {
            Manner::Spin if safe => "IrqSpinLock",
            Manner::Spin => "SpinLock",
            Manner::Read | Manner::Write if safe => "IrqRwLock",
            Manner::Read | Manner::Write => "SpinRwLock",
            Manner::Mutex => "Mutex",
            Manner::SleepRead | Manner::SleepWrite => "RwLock",
        }
    }

    /// The locks and their types.
    fn locks(&self) -> BTreeMap<&str, &'static str> {
        let acquired = self.paths.iter().flat_map(|path| &path.acquires);
        acquired.map(|one| (one.lock.as_str(), self.kind(&one.lock, one.manner))).collect()
    }

    /// One path as a function.
    fn function(path: &Path, name: &str) -> String {
        let mut text = format!("fn {name}(mut held: Root<'_, {}>) {{\n", path.runs.context());
        let mut line = |line: &str| writeln!(text, "    {line}").expect("a string takes everything");
        let off = match path.around {
            Around::Nothing => None,
            Around::PreemptionOff => Some("no_preempt"),
            Around::InterruptsOff | Around::InterruptsOnTooEarly => Some("irqs_off"),
        };
        if let Some(off) = off {
            line(&format!("let mut off = held.{off}::<Host>();"));
            line("let mut held = off.held();");
        }
        if path.acquires.is_empty() {
            line("let _ = held.reborrow();");
        }
        for (index, one) in path.acquires.iter().enumerate() {
            let verb = match one.manner {
                Manner::Spin | Manner::Mutex => "lock",
                Manner::Read | Manner::SleepRead => "read",
                Manner::Write | Manner::SleepWrite => "write",
            };
            let last = index + 1 == path.acquires.len();
            let guard = ["first", "second", "third"][index];
            let ends_here = last && path.around != Around::InterruptsOnTooEarly;
            let binding = match (ends_here, path.one_at_a_time || last) {
                (true, _) => format!("let _{guard}"),
                (false, true) => format!("let {guard}"),
                (false, false) => format!("let mut {guard}"),
            };
            line(&format!("{binding} = held.{verb}(&{});", one.lock));
            if last && path.around == Around::InterruptsOnTooEarly {
                line("drop(off);");
                line(&format!("drop({guard});"));
            } else if !last && path.one_at_a_time {
                line(&format!("drop({guard});"));
            } else if !last {
                line(&format!("let mut held = {guard}.held();"));
            }
        }
        text + "}\n"
    }

    /// The program's text, without its header.
    #[must_use]
    pub fn text(&self) -> String {
        let locks = self.locks();
        let uses = |name: &str| locks.values().any(|kind| *kind == name);
        let mut host: Vec<_> = ["Mutex", "RwLock"].into_iter().filter(|name| uses(name)).collect();
        if self.paths.iter().any(|path| path.around != Around::Nothing) {
            host.insert(0, "Host");
        }
        let contexts = [Runs::Handler, Runs::Thread, Runs::SoftWork];
        let mut own: Vec<_> = contexts
            .into_iter()
            .filter(|runs| self.paths.iter().any(|path| path.runs == *runs))
            .map(Runs::context)
            .chain(
                ["IrqRwLock", "IrqSpinLock", "SpinLock", "SpinRwLock"].into_iter().filter(|name| uses(name)),
            )
            .chain(["Root", "hierarchy"])
            .collect();
        own.sort_unstable();
        let list = |names: &[&str]| match names {
            [one] => (*one).to_owned(),
            several => format!("{{{}}}", several.join(", ")),
        };
        let mut text = String::new();
        if !host.is_empty() {
            text += &format!("use lockorder::host::{};\n", list(&host));
        }
        text += &format!("use lockorder::{};\n\n", list(&own));
        text += "hierarchy! {\n    /// The locks of this program.\n    hierarchy LOCKS;\n\n    /// What they protect.\n    level Device = 50 {\n";
        for (minor, name) in self.ranks.iter().enumerate() {
            text += &format!("        /// Protects its part.\n        class Class{name} = {minor};\n");
        }
        text += "    }\n}\n\n";
        for (lock, kind) in &locks {
            text += &format!("static {lock}: {kind}<Class{}, ()> = {kind}::new(());\n", class(lock));
        }
        let names: Vec<_> = self
            .paths
            .iter()
            .enumerate()
            .map(|(index, path)| match path.runs {
                Runs::Thread => format!("thread_{}", index + 1),
                Runs::Handler => "handler".to_owned(),
                Runs::SoftWork => "soft_work".to_owned(),
            })
            .collect();
        for (path, name) in self.paths.iter().zip(&names) {
            text += &format!("\n{}", Self::function(path, name));
        }
        text += "\nfn main() {\n";
        for (path, name) in self.paths.iter().zip(&names) {
            text += &format!("    let _: fn(Root<'_, {}>) = {name};\n", path.runs.context());
        }
        text + "}\n"
    }
}
