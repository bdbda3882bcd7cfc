//! Who starts workers, replaces them, and sees that they end.
//!
//! Time is cut into rounds. A round has a folder, open files and workers of its own; a worker that has ended, by whatever, is replaced,
//! and one that makes no call for a while is killed. After a round every process of the workers' users is killed, by a child that is
//! such a user. Who is still there after that many seconds is a process that does not die, which is the kernel's fault: what the workers
//! did last is printed, and the status is 1.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use libc::{SIGKILL, WNOHANG, c_int, pid_t};

use crate::grammar::GROUPS;
use crate::options::Options;
use crate::pools::Class;
use crate::record::{Record, WORKERS};
use crate::worker::{self, Orders};
use crate::{USERS, arena, meeting};
use guest_random::Random;

/// How long a round is.
const ROUND: Duration = Duration::from_millis(2500);
/// How long a worker may make no call.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long who was killed may take to end.
const TO_END: Duration = Duration::from_secs(20);
/// How often the supervisor looks.
const TURN: Duration = Duration::from_millis(4);

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Wrong(pub String);

/// A worker, as its supervisor sees it.
#[derive(Clone, Copy, Debug)]
struct Watched {
    process: pid_t,
    begun: u64,
    since: Instant,
    is_killed: bool,
}

/// The supervisor.
#[derive(Debug)]
pub(crate) struct Supervisor {
    options: Options,
    record: &'static Record,
    /// Memory that workers share.
    shared: u64,
    /// What workers' seeds are drawn by.
    random: Random,
    /// How many workers there were.
    started: u64,
    /// How many of them were killed since they made no call.
    stuck: u64,
}

/// Free memory in KiB, as `/proc` has it.
fn free() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("MemFree:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn kill(process: pid_t) {
    // SAFETY: a plain system call.
    unsafe { libc::kill(process, SIGKILL) };
}

/// Collects someone who has ended.
fn collect() -> Option<pid_t> {
    // SAFETY: no status is asked for.
    let found = unsafe { libc::waitpid(-1, std::ptr::null_mut(), WNOHANG) };
    (found > 0).then_some(found)
}

/// Kills every process of a user, by a child that is that user; says whether there is none left.
fn sweep(user: u64) -> bool {
    let user = u32::try_from(user).unwrap_or(u32::MAX);
    // SAFETY: the child makes plain system calls and ends; this program has one thread.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::setsid();
            if libc::setgid(user) != 0 || libc::setuid(user) != 0 {
                libc::_exit(2);
            }
            libc::kill(-1, SIGKILL);
            libc::_exit(c_int::from(libc::kill(-1, 0) == 0));
        }
        let mut status = 0;
        child > 0 && libc::waitpid(child, &raw mut status, 0) == child && status == 0
    }
}

impl Supervisor {
    /// One with nothing to supervise yet; none where there is no memory.
    pub(crate) fn new(options: Options) -> Option<Self> {
        let (record, shared) = (Record::new()?, arena::map(arena::PAGE, libc::MAP_SHARED)?);
        // Orphans come here, not to the first process.
        // SAFETY: a plain system call.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
        Some(Self { options, record, shared, random: Random::new(options.seed), started: 0, stuck: 0 })
    }

    /// Starts a worker.
    fn start(&mut self, slot: usize, files: &[(Class, i32)]) -> Option<Watched> {
        // One process by itself has the seed that a report names.
        let seed = if self.options.is_alone { self.options.seed } else { self.random.any() };
        let orders = Orders {
            seed,
            slot,
            has_threads: !self.options.is_alone,
            is_traced: self.options.is_traced,
            shared: self.shared,
        };
        let page = &self.record.slots[slot];
        page.seed.store(seed, Relaxed);
        page.shown.store(page.begun.load(Relaxed), Relaxed);
        // SAFETY: this program has one thread, so no lock is somebody else's in the child.
        let process = unsafe { libc::fork() };
        if process == 0 {
            worker::work(orders, self.record, files);
        }
        if process < 0 {
            return None;
        }
        self.started += 1;
        page.process.store(u64::from(process.cast_unsigned()), Relaxed);
        Some(Watched { process, begun: page.begun.load(Relaxed), since: Instant::now(), is_killed: false })
    }

    /// Prints calls that wait to be printed.
    fn trace(&self) {
        for page in self.record.slots.iter().take(self.options.workers) {
            if page.shown.load(Relaxed) < page.begun.load(Relaxed) {
                for entry in page.last(1) {
                    println!("fuzz: {entry}");
                }
                page.shown.store(page.begun.load(Relaxed), Relaxed);
            }
        }
    }

    /// Looks at one worker; whether it has not ended though it was killed a while ago.
    fn look(&mut self, slot: usize, worker: &mut Watched) -> bool {
        let begun = self.record.slots[slot].begun.load(Relaxed);
        if begun != worker.begun && !worker.is_killed {
            worker.begun = begun;
            worker.since = Instant::now();
        }
        if !worker.is_killed && worker.since.elapsed() > PATIENCE {
            self.stuck += 1;
            kill(worker.process);
            worker.is_killed = true;
            worker.since = Instant::now();
        }
        worker.is_killed && worker.since.elapsed() > TO_END
    }

    /// One round.
    fn round(&mut self, end: Instant) -> Result<(), Wrong> {
        meeting::folder(self.options.work)
            .map_err(|error| Wrong(format!("the folder cannot be made anew: {error}")))?;
        let files = meeting::files();
        let numbers: Vec<_> = files.iter().map(|(class, file)| (*class, file.as_raw_fd())).collect();
        let mut workers: Vec<Option<Watched>> = vec![None; self.options.workers];
        while Instant::now() < end {
            for (slot, worker) in workers.iter_mut().enumerate() {
                match worker {
                    Some(watched) => {
                        if self.look(slot, watched) {
                            return Err(Wrong(format!("worker {slot} was killed and does not end")));
                        }
                    }
                    None => *worker = self.start(slot, &numbers),
                }
            }
            while let Some(process) = collect() {
                let of =
                    |worker: &&mut Option<Watched>| worker.is_some_and(|worker| worker.process == process);
                if let Some(worker) = workers.iter_mut().find(of) {
                    *worker = None;
                }
            }
            if self.options.is_traced {
                self.trace();
                std::thread::yield_now();
            } else {
                std::thread::sleep(TURN);
            }
        }
        let killed = Instant::now();
        while !USERS.iter().all(|&user| sweep(user)) {
            while collect().is_some() {}
            if killed.elapsed() > TO_END {
                return Err(Wrong("processes were killed and do not end".to_owned()));
            }
            std::thread::sleep(TURN);
        }
        while collect().is_some() {}
        match self.record.strange() {
            Some((number, result)) => Err(Wrong(format!("call {number} gave {result}, which is no errno"))),
            None => Ok(()),
        }
    }

    /// Rounds, until the time is up; then what they came to.
    ///
    /// # Errors
    ///
    /// A process that does not end, and a result that is none of Linux's.
    pub(crate) fn run(&mut self) -> Result<(), Wrong> {
        let end = Instant::now() + self.options.time;
        let (mut rounds, mut first, mut said) = (0, 0, Instant::now());
        while Instant::now() < end {
            let result = self.round((Instant::now() + ROUND).min(end));
            if let Err(wrong) = result {
                self.report();
                return Err(wrong);
            }
            rounds += 1;
            if rounds == 1 {
                first = free();
            }
            if said.elapsed() > Duration::from_secs(20) {
                said = Instant::now();
                println!("fuzz: {} calls so far, {} KiB are free", self.calls(), free());
            }
        }
        self.sum_up(rounds);
        let _ = fs::remove_dir_all("/tmp/fuzz");
        println!("fuzz: {first} KiB were free after the first round and {} after the last", free());
        Ok(())
    }

    /// How many calls were made.
    fn calls(&self) -> u64 {
        self.record.slots.iter().map(|slot| slot.begun.load(Relaxed)).sum()
    }

    /// Prints how many calls there were, and how they ended.
    fn sum_up(&self, rounds: u64) {
        let (calls, started, stuck) = (self.calls(), self.started, self.stuck);
        let mut numbers: Vec<_> =
            GROUPS.iter().flat_map(|group| group.iter()).map(|call| call.number.cast_unsigned()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let (mut outcomes, mut never) = (0, Vec::new());
        for &number in &numbers {
            if self.options.has_outcomes {
                let counts = self.record.outcomes(number).enumerate().filter(|(_, count)| *count > 0);
                let told: Vec<_> = counts.map(|(errno, count)| format!("{errno}: {count}")).collect();
                println!("fuzz: {} by errno: {}", crate::grammar::name(number), told.join(", "));
            }
            let mut counts = self.record.outcomes(number);
            if counts.next() == Some(0) {
                never.push(crate::grammar::name(number));
            } else {
                outcomes += 1;
            }
            outcomes += counts.filter(|&count| count > 0).count();
        }
        println!(
            "fuzz: {calls} calls by {started} workers in {rounds} rounds, {stuck} of them stuck and killed"
        );
        println!(
            "fuzz: {outcomes} distinct outcomes of {} described calls; {} never succeeded: {}",
            numbers.len(),
            never.len(),
            never.join(" ")
        );
    }

    /// Prints what each worker did last, and what `/proc` says of its users' processes.
    fn report(&self) {
        for (number, page) in self.record.slots.iter().enumerate() {
            if page.begun.load(Relaxed) == 0 {
                continue;
            }
            let (process, seed) = (page.process.load(Relaxed), page.seed.load(Relaxed));
            let who =
                if number == WORKERS { "children of workers".to_owned() } else { format!("worker {number}") };
            println!("fuzz: {who}, process {process}, seed {seed}, did last:");
            for entry in page.last(12) {
                println!("fuzz:   {entry}");
            }
        }
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let is_theirs = USERS.iter().any(|user| status.contains(&format!("Uid:\t{user}")));
            if is_theirs {
                let wait = fs::read_to_string(entry.path().join("wchan")).unwrap_or_default();
                let lines: Vec<_> = status.lines().take(8).collect();
                println!("fuzz: {}: {}; it waits at `{wait}`", entry.path().display(), lines.join(", "));
            }
        }
    }
}
