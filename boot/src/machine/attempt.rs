//! One run of QEMU, from start to end.
//!
//! Two threads read what QEMU writes and send it here, and [`keyboard`] passes on what is typed; the records' file is read in
//! between. The threads end when QEMU does. They are not waited for: something that QEMU has started may hold the
//! other end of a pipe.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;
use super::disturbance::Disturber;
use super::keyboard::{self, Expected, Input};
use super::record::{Follower, Record};
use crate::failure::Failure;
use crate::interrupt;
use crate::process::{POLL, Supervised};

/// Time for the machine to stop once the guest has given its status.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Time for the last output to arrive once QEMU has ended.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// Bytes of output kept; when there is twice as much, the first half goes.
const KEPT_OUTPUT: usize = 16 * 1024 * 1024;
/// Bytes of QEMU's own messages kept.
const KEPT_ERRORS: usize = 64 * 1024;
/// Chunks that may wait to be taken: a guest that prints without end is slowed down.
const WAITING_CHUNKS: usize = 64;

/// Is told what a guest does, as it does it.
pub trait Observer {
    /// QEMU was started.
    fn started(&mut self) {}
    /// The guest printed `bytes`.
    fn output(&mut self, bytes: &[u8]);
    /// The guest wrote a record.
    fn record(&mut self, record: &Record);
}

/// Passes the output on. When nobody reads any more, the guest still runs to its end.
impl<W: Write> Observer for W {
    fn output(&mut self, bytes: &[u8]) {
        let _ = self.write_all(bytes).and_then(|()| self.flush());
    }

    fn record(&mut self, _record: &Record) {}
}

/// What the guest's console begins with.
const FIRST_WORDS: &[u8] = b"kernel: ";

/// Whose words come first on the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Console {
    /// The guest's.
    Guest,
    /// The firmware's, which are kept for reports but not shown.
    AfterFirmware,
}

/// What a reading thread sends.
enum Chunk {
    /// The guest's output.
    Output(Vec<u8>),
    /// QEMU's own messages.
    Error(Vec<u8>),
}

/// Starts QEMU by `command`, which makes it write records to the file `records`, and watches it.
pub(super) fn run(
    mut command: Command,
    records: &Path,
    deadline: Option<Duration>,
    input: &Input,
    disturber: Disturber,
    console: Console,
    mut observer: Box<dyn Observer>,
) -> Result<Outcome, Failure> {
    let file_failed = |error| Failure::File(records.to_path_buf(), error);
    File::create(records).map_err(file_failed)?;
    let follower = Follower::new(File::open(records).map_err(file_failed)?);

    let mut process = Supervised::start(&mut command)?;
    observer.started();
    let (sender, chunks) = mpsc::sync_channel(WAITING_CHUNKS);
    if let Some(output) = process.child().stdout.take() {
        read_in_background(output, Chunk::Output, sender.clone());
    }
    if let Some(errors) = process.child().stderr.take() {
        read_in_background(errors, Chunk::Error, sender);
    }
    let expected = keyboard::begin(input, process.child().stdin.take());
    let (output, errors, records) = (Vec::new(), Vec::new(), Vec::new());
    let attempt = Attempt {
        process,
        chunks,
        follower,
        expected,
        disturber,
        console,
        observer,
        output,
        errors,
        records,
    };
    attempt.watch(deadline)
}

/// Sends all that comes from `source`, until it ends or nobody listens.
fn read_in_background(
    mut source: impl Read + Send + 'static,
    wrap: fn(Vec<u8>) -> Chunk,
    sender: SyncSender<Chunk>,
) {
    thread::spawn(move || {
        let mut buffer = vec![0; 8192];
        loop {
            match source.read(&mut buffer) {
                Ok(count @ 1..) if sender.send(wrap(buffer[..count].to_vec())).is_ok() => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
    });
}

/// A run under way. Dropping it ends QEMU.
struct Attempt {
    process: Supervised,
    chunks: Receiver<Chunk>,
    follower: Follower,
    /// What is typed, and where.
    expected: Expected,
    disturber: Disturber,
    console: Console,
    observer: Box<dyn Observer>,
    output: Vec<u8>,
    errors: Vec<u8>,
    records: Vec<Record>,
}

impl Attempt {
    /// Waits for its end.
    fn watch(mut self, limit: Option<Duration>) -> Result<Outcome, Failure> {
        let mut deadline = limit.map(|limit| Instant::now() + limit);
        loop {
            // Looked at first: what QEMU wrote before it ended is then there to be read.
            let ended = self.has_ended()?;
            self.receive(POLL);
            let had_status = self.status().is_some();
            self.follow();
            if ended {
                let drained = Instant::now() + DRAIN_LIMIT;
                while self.receive(POLL) && Instant::now() < drained {}
                self.follow();
                return self.outcome();
            }
            if !had_status && self.status().is_some() {
                let stopped = Instant::now() + STOP_LIMIT;
                deadline = Some(deadline.map_or(stopped, |deadline| deadline.min(stopped)));
            }
            if interrupt::requested() {
                return Err(Failure::Interrupted);
            }
            self.disturber
                .go_on(self.process.child())
                .map_err(|error| Failure::Program("QEMU's monitor".into(), error))?;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return match self.status() {
                    // It has said how it ended, and failed only to stop the machine.
                    Some(_) => self.outcome(),
                    None => {
                        Err(Failure::TimedOut(limit.unwrap_or_default(), self.last_words(&[&self.output])))
                    }
                };
            }
        }
    }

    /// Whether QEMU has ended.
    fn has_ended(&mut self) -> Result<bool, Failure> {
        self.process
            .ended()
            .map(|status| status.is_some())
            .map_err(|error| Failure::Program("QEMU".into(), error))
    }

    /// Takes one chunk, if one comes within `limit`; says whether one came.
    fn receive(&mut self, limit: Duration) -> bool {
        match self.chunks.recv_timeout(limit) {
            Ok(Chunk::Output(bytes)) => {
                if self.console == Console::Guest {
                    self.observer.output(&bytes);
                }
                if self.output.len() + bytes.len() > 2 * KEPT_OUTPUT {
                    self.output.drain(..KEPT_OUTPUT);
                }
                self.output.extend(bytes);
                self.look_for_first_words();
                true
            }
            Ok(Chunk::Error(bytes)) => {
                let room = KEPT_ERRORS.saturating_sub(self.errors.len());
                self.errors.extend(bytes.iter().take(room));
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                // Both pipes are closed: QEMU is about to end, or it does not print any more.
                thread::sleep(limit);
                false
            }
        }
    }

    /// Once the guest has said its first words, it is shown and typed for.
    fn look_for_first_words(&mut self) {
        if self.console == Console::Guest && self.expected.awake.is_none() {
            return;
        }
        let words = |words: &[u8]| words == FIRST_WORDS;
        let Some(start) = self.output.windows(FIRST_WORDS.len()).position(words) else { return };
        if self.console == Console::AfterFirmware {
            self.output.drain(..start);
            self.observer.output(&self.output);
            self.console = Console::Guest;
        }
        if let Some(awake) = self.expected.awake.take() {
            // Whoever passes on has ended if it does not listen.
            let _ = awake.send(());
        }
    }

    /// Takes the records that have come. A file that cannot be read has none; the guest then lacks a status.
    fn follow(&mut self) {
        for record in self.follower.poll().unwrap_or_default() {
            self.observer.record(&record);
            self.disturber.sees(&record);
            if let Some(typed) = &mut self.expected.typed {
                typed.sees(&record);
            }
            self.records.push(record);
        }
    }

    /// The guest's status, once it has given it.
    fn status(&self) -> Option<u8> {
        self.records.iter().find_map(|record| match record {
            Record::Status(status) => Some(*status),
            _ => None,
        })
    }

    /// What the run has come to.
    fn outcome(self) -> Result<Outcome, Failure> {
        match self.status() {
            Some(status) => Ok(Outcome { status, output: text(&self.output), records: self.records }),
            None => Err(Failure::NoStatus(self.last_words(&[&self.errors, &self.output]))),
        }
    }

    /// The last line of the first stream that has one, and the last record.
    fn last_words(&self, streams: &[&[u8]]) -> String {
        let texts: Vec<_> = streams.iter().map(|bytes| text(bytes)).collect();
        let line = last_line(&texts);
        self.records
            .last()
            .map_or_else(|| line.clone(), |record| format!("{line}, and for the host: `{record}`"))
    }
}

/// What was printed, with plain line ends.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

/// The last line that says something.
fn last_line(texts: &[String]) -> String {
    texts
        .iter()
        .find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()))
        .map_or_else(|| "nothing".to_owned(), |line| format!("`{}`", line.trim()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::{Console, Disturber, last_line, run};
    use crate::failure::Failure;
    use crate::machine::{Disturbance, Input, Outcome, Record};

    /// Runs a shell script in QEMU's place; `$0` is the file of records.
    fn run_script(script: &str, deadline: Duration) -> Result<Outcome, Failure> {
        let directory = tempfile::tempdir().unwrap();
        let records = directory.path().join("records");
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(&records).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        run(
            command,
            Path::new(&records),
            Some(deadline),
            &Input::Nothing,
            Disturber::new(Disturbance::None, "no monitor".into()),
            Console::Guest,
            Box::new(std::io::sink()),
        )
    }

    #[test]
    fn output_and_records_come_together() {
        let script = "echo '@marker one' >> $0; echo hello; echo '@status 9' >> $0; printf bye";
        let outcome = run_script(script, Duration::from_mins(1)).unwrap();
        let records = vec![Record::Marker("one".into()), Record::Status(9)];
        assert_eq!(outcome, Outcome { status: 9, output: "hello\nbye".into(), records });
    }

    #[test]
    fn whoever_keeps_a_pipe_open_does_not_delay_the_end() {
        let started = Instant::now();
        let outcome = run_script("sleep 30 & echo '@status 0' >> $0", Duration::from_mins(1)).unwrap();
        assert_eq!(outcome.status, 0);
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }

    #[test]
    fn a_machine_that_does_not_stop_has_its_status_all_the_same() {
        let started = Instant::now();
        let script = "echo '@status 7' >> $0; exec sleep 60";
        assert_eq!(run_script(script, Duration::from_mins(1)).unwrap().status, 7);
        assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    }

    #[test]
    fn the_last_words_name_line_and_record() {
        let script = "echo busy; echo '@marker half' >> $0; exec sleep 60";
        let failure = run_script(script, Duration::from_secs(1)).unwrap_err().to_string();
        assert!(
            failure.ends_with("the guest said last: `busy`, and for the host: `@marker half`"),
            "{failure}"
        );
    }

    #[test]
    fn the_last_line_is_found() {
        assert_eq!(last_line(&[String::new(), "one\n two \n\n".into()]), "`two`");
        assert_eq!(last_line(&["\n".into()]), "nothing");
    }
}
