//! `soak`: a workload over and over, for as long as one likes, its result written down.
//!
//! A fresh machine boots for each round, so that start-up is soaked as well, and one round's failure is told
//! apart from the next one's. The result is one line of `docs/soaks.md`.
//!
//! `syscalls` is a program of the guest's, the fuzzer: each boot has a seed of its own, which is printed, and by which the failure is
//! found again.
//!
//! Two need no machine: `closure` searches what safe calls can do to a token, with positions composed twice; `programs` runs
//! random programs. They are tests of `tests/closure` that are ignored otherwise.

use std::env;
use std::fs::OpenOptions;
use std::io::{Write, sink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::calendar::today;
use crate::failure::Failure;
use crate::guest;
use crate::image::{Checking, Variant};
use crate::initramfs::Addition;
use crate::machine::{Machine, Work};
use crate::process::{Supervised, Waited};
use crate::{interrupt, report, workspace};

/// What to run, and for how long.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Soak {
    /// The workload, such as `threads` or `locks`; `syscalls`, the fuzzer; or `closure` or `programs`, which run here
    name: String,
    /// For how long, in minutes
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// Number of CPUs, 1 to 64
    #[arg(long, value_name = "CPUS", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    smp: u8,
    /// The seed of the first boot of `syscalls`, another one each time without it; the next boot has the next one
    #[arg(long)]
    seed: Option<u64>,
    /// Memory of the machine in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(32..=65_536))]
    mem: u32,
    /// Whether every lock acquisition is checked at run time too
    #[arg(long, value_enum, default_value_t)]
    checker: Checking,
}

/// What the page says of a soak on the host in place of a number of CPUs and of boots.
const HOST: &str = "host";

/// What the page begins with.
const HEADING: &str = "# Soaks\n\nLong runs, by `cargo run -- soak NAME`: each line one run.\n\n\
                       | day | workload | CPUs | minutes | boots | result |\n|---|---|---|---|---|---|\n";

/// Writes the result down.
fn record(soak: &Soak, cpus: &str, boots: &str, result: &str) -> Result<(), Failure> {
    let path = workspace::root()?.join("docs/soaks.md");
    let failed = |error| Failure::File(path.clone(), error);
    let fresh = !path.is_file();
    let mut page = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    if fresh {
        page.write_all(HEADING.as_bytes()).map_err(failed)?;
    }
    let Soak { name, minutes, .. } = soak;
    let checked = if soak.checker == Checking::On { ", checked" } else { "" };
    writeln!(page, "| {} | {name}{checked} | {cpus} | {minutes} | {boots} | {result} |", today())
        .map_err(failed)
}

/// Soaks that run on the host, and the tests that they are.
const ON_THE_HOST: [(&str, &str); 2] = [("closure", "search"), ("programs", "programs")];

/// Time that a soak on the host may take besides its minutes: to build, to search, and to make small what fails.
const BESIDES: Duration = Duration::from_mins(30);

/// Soaks on the host, and gives the status: 0 when the test passes.
fn run_here(soak: &Soak, test: &str) -> Result<u8, Failure> {
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut command = Command::new(&cargo);
    command
        .args(["test", "--package", "closure-tests", "--test", test, "--", "--ignored", "--nocapture"])
        .current_dir(workspace::root()?)
        .env("LOCKORDER_MINUTES", soak.minutes.to_string())
        .stdin(Stdio::null());
    let limit = Duration::from_secs(soak.minutes * 60) + BESIDES;
    let failed = |error| Failure::Program(cargo.clone(), error);
    match Supervised::start(&mut command)?.wait(limit).map_err(failed)? {
        _ if interrupt::requested() => Err(Failure::Interrupted),
        Waited::Ended(status) => {
            record(soak, HOST, HOST, if status.success() { "all well" } else { "failed" })?;
            Ok(u8::from(!status.success()))
        }
        Waited::TimeUp | Waited::Interrupted => Err(Failure::TooLong("the soak", limit)),
    }
}

/// The soak that is the fuzzer.
const FUZZER: &str = "syscalls";
/// How long the fuzzer makes calls in one boot, in seconds.
const CALLS: u64 = 120;
/// What a boot of it may take besides.
const BESIDES_CALLS: Duration = Duration::from_mins(3);

/// Boots of one soak.
struct Boots {
    kernel: PathBuf,
    machine: Machine,
    /// The first boot's seed, where boots have seeds.
    seed: Option<u64>,
}

impl Boots {
    /// What a soak boots; builds it.
    fn of(soak: &Soak) -> Result<Self, Failure> {
        let kernel = Variant { checking: soak.checker, ..Variant::default() }.build()?;
        let machine = Machine { cpus: soak.smp, memory: soak.mem, ..Machine::default() };
        if soak.name != FUZZER {
            let machine = Machine { work: Work::Selftest(soak.name.clone()), ..machine };
            return Ok(Self { kernel, machine, seed: None });
        }
        let host = guest::build("guest-fuzz", "building the guest's fuzzer")?;
        let additions = vec![Addition { host, guest: "bin/fuzz".to_owned() }];
        let deadline = Some(Duration::from_secs(CALLS) + BESIDES_CALLS);
        // Another one each time; that somebody could guess it is no harm.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let machine = Machine { additions, deadline, ..machine };
        Ok(Self { kernel, machine, seed: Some(soak.seed.unwrap_or(now)) })
    }

    /// The seed of a boot, the first of which is number 1.
    fn seed(&self, boot: u64) -> Option<u64> {
        self.seed.map(|first| first.wrapping_add(boot - 1))
    }

    /// Boots once, and says what was wrong: why, what was printed, and the status.
    fn boot(&self, boot: u64, left: Duration) -> Result<Option<(String, String, u8)>, Failure> {
        let mut machine = self.machine.clone();
        if let Some(seed) = self.seed(boot) {
            let seconds = CALLS.min(left.as_secs().max(5));
            report::progress(&format!("boot {boot}: seed {seed}, {seconds} seconds"));
            // The shell that answers afterwards is the one that the program may have hurt.
            machine.work = Work::Command(format!("fuzz {seed} {seconds} && echo still here"));
        }
        let outcome = match machine.run(&self.kernel, Box::new(sink())) {
            Ok(outcome) => outcome,
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(failure) => return Ok(Some((failure.to_string(), String::new(), failure.status()))),
        };
        let why = if outcome.status != 0 {
            format!("status {}", outcome.status)
        } else if self.seed.is_some() && !outcome.output.contains("\nstill here") {
            "the shell does not answer".to_owned()
        } else if outcome.output.contains("watchdog:") {
            "somebody waits for too long".to_owned()
        } else {
            return Ok(None);
        };
        Ok(Some((why, outcome.output, outcome.status.max(1))))
    }
}

/// Soaks, and gives the status: 0 when every round ended with it.
pub(crate) fn run(soak: &Soak) -> Result<u8, Failure> {
    if let Some((_, test)) = ON_THE_HOST.iter().find(|(name, _)| *name == soak.name) {
        return run_here(soak, test);
    }
    let all = Boots::of(soak)?;
    let end = Instant::now() + Duration::from_secs(soak.minutes * 60);
    let mut boots = 0;
    while Instant::now() < end {
        boots += 1;
        if let Some((why, output, status)) = all.boot(boots, end.saturating_duration_since(Instant::now()))? {
            print!("{output}");
            let seed = all.seed(boots).map_or_else(String::new, |seed| format!(", seed {seed}"));
            let what = format!("boot {boots}{seed} failed: {why}");
            record(soak, &soak.smp.to_string(), &boots.to_string(), &what)?;
            report::failure(&what);
            return Ok(status);
        }
        if boots % 10 == 0 {
            let left = end.saturating_duration_since(Instant::now()).as_secs() / 60;
            report::progress(&format!("{boots} boots, all well; {left} minutes to go"));
        }
    }
    record(soak, &soak.smp.to_string(), &boots.to_string(), "all well")?;
    report::progress(&format!("{boots} boots in {} minutes, all well", soak.minutes));
    Ok(0)
}
