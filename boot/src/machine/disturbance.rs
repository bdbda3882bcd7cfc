//! What is done to a machine from outside while it runs: for tests.
//!
//! It begins once the guest has written a certain marker, and goes on in steps, between looks at the guest.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::Record;

/// What is done to the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing.
    #[default]
    None,
    /// Once this marker has come QEMU stands still for a time, as it does after control-Z or when the host is suspended.
    Stop {
        /// The marker's text.
        after: String,
        /// For how long.
        time: Duration,
    },
    /// Once this marker has come the machine gets non-maskable interrupts.
    NonMaskable {
        /// The marker's text.
        after: String,
        /// How many.
        count: u32,
        /// The time between two of them.
        gap: Duration,
    },
}

/// A disturbance under way.
#[derive(Debug)]
pub(super) struct Disturber {
    what: Disturbance,
    /// The socket of QEMU's monitor.
    monitor: PathBuf,
    /// When the next step is due, once it has begun.
    due: Option<Instant>,
    /// Steps done.
    steps: u32,
    connection: Option<UnixStream>,
}

impl Disturber {
    /// A disturbance that has not begun, of a QEMU whose monitor listens at `monitor` if it is needed.
    pub(super) const fn new(what: Disturbance, monitor: PathBuf) -> Self {
        Self { what, monitor, due: None, steps: 0, connection: None }
    }

    /// Begins if this is the record that it waits for.
    pub(super) fn sees(&mut self, record: &Record) {
        let (Disturbance::Stop { after, .. } | Disturbance::NonMaskable { after, .. }) = &self.what else {
            return;
        };
        if self.steps == 0 && matches!(record, Record::Marker(text) if text == after) {
            self.due = Some(Instant::now());
        }
    }

    /// Makes the next step, if it is due.
    pub(super) fn go_on(&mut self, qemu: &Child) -> io::Result<()> {
        if self.due.is_none_or(|due| Instant::now() < due) {
            return Ok(());
        }
        self.steps += 1;
        let next = match self.what {
            Disturbance::None => None,
            Disturbance::Stop { time, .. } => {
                let stops = self.steps == 1;
                kill_process(Pid::from_child(qemu), if stops { Signal::STOP } else { Signal::CONT })?;
                stops.then_some(time)
            }
            Disturbance::NonMaskable { count, gap, .. } => {
                let connection = match self.connection.take() {
                    Some(connection) => connection,
                    None => UnixStream::connect(&self.monitor)?,
                };
                // A guest that has ended meanwhile does not miss it.
                let sent = self.connection.insert(connection).write_all(b"nmi\n").is_ok();
                (sent && self.steps < count).then_some(gap)
            }
        };
        self.due = next.map(|time| Instant::now() + time);
        Ok(())
    }
}
