//! What programs write, and what goes out over the wire; stopping and starting that.

use super::output::{LONGEST, Writer};
use super::{Discipline, Flow, Wire};
use crate::termios::Special;

impl Discipline {
    /// Takes what a program writes, as much as there is room for; says how much that was. None while the output is stopped.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        if self.flow != Flow::Runs {
            return 0;
        }
        let (output, settings) = (&mut self.output, &self.settings);
        bytes.iter().take_while(|&&byte| output.put(byte, settings, Writer::Program)).count()
    }

    /// How many bytes a program may write now, if each stays one: none before there is room for whatever one becomes, so that
    /// who waits for room does not find too little.
    #[must_use]
    pub fn writable(&self) -> usize {
        let room = self.output.room(Writer::Program);
        if self.flow != Flow::Runs || room < LONGEST { 0 } else { room }
    }

    /// Takes bytes that go out over the wire.
    pub fn transmit(&mut self, to: &mut [u8]) -> usize {
        self.output.transmit(to)
    }

    /// How many bytes may go out over the wire now.
    #[must_use]
    pub fn sendable(&self) -> usize {
        self.output.sendable()
    }

    /// How many bytes wait to go out, also while the output is stopped.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Throws away what has not gone out. What the master of a pseudo-terminal can read has.
    pub fn flush_output(&mut self) {
        self.output.truncate(match self.wire {
            Wire::Device => 0,
            Wire::Master => self.output.sendable(),
        });
    }

    /// Throws away what the master of a pseudo-terminal can read, on its own behalf.
    pub fn flush_sent(&mut self) {
        self.output.truncate(0);
    }

    /// Stops the output on behalf of a program: no character starts it.
    pub fn stop_by_program(&mut self) {
        self.stop(Flow::StoppedByProgram);
    }

    /// Starts the output that a program has stopped.
    pub fn start_by_program(&mut self) {
        if self.flow == Flow::StoppedByProgram {
            self.flow = Flow::Stopped;
            self.start();
        }
    }

    /// Sends the other side the character that stops its output, or the one that starts it.
    pub fn send_flow_control(&mut self, special: Special) {
        let byte = self.settings.value(special);
        if byte != 0 {
            self.output.put_as_it_is(byte);
        }
    }

    /// Stops the output.
    pub(super) fn stop(&mut self, flow: Flow) {
        if self.flow == Flow::Runs {
            let may_go = match self.wire {
                Wire::Device => 0,
                Wire::Master => self.output.len(),
            };
            self.output.close_gate(may_go);
        }
        if self.flow != Flow::StoppedByProgram {
            self.flow = flow;
        }
    }

    /// Starts the output, unless a program has stopped it.
    pub(super) fn start(&mut self) {
        if self.flow != Flow::StoppedByProgram {
            self.flow = Flow::Runs;
            self.output.open_gate();
        }
    }
}
