//! What is typed on a guest's console.
//!
//! A thread passes on what comes on standard input, byte by byte as it comes. It ends when QEMU does, and is not waited for: it
//! may wait for a key that nobody presses. What is not typed by hand waits until the guest has said its first words: the port
//! drops what comes before the kernel has set it up.

use std::io::{self, IsTerminal, Read, Write, stdin};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use super::record::Record;
use crate::interrupt;

/// What is typed on the guest's console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    #[default]
    Nothing,
    /// What comes on this program's standard input, to the last byte.
    Standard,
    /// The same for a shell. On a terminal control-] ends the run instead of being typed; where standard input is none, its end
    /// is typed as control-D, which ends a shell, too.
    Shell,
    /// These bytes, once this marker has come.
    After(String, Vec<u8>),
}

/// Control-], the key that ends a run.
const LEAVE: u8 = 0x1d;
/// Control-D, which a terminal takes for the end of what is typed.
const END: u8 = 0x04;
/// How long after the end of standard input it is typed for the second time. Whoever reads may not have begun yet, and each
/// program that reads needs one: it is typed again and again, after twice the time each time.
const AGAIN: Duration = Duration::from_secs(1);
/// The longest time in between.
const SELDOM: Duration = Duration::from_secs(16);

/// What is typed once a record has come.
#[derive(Debug)]
pub(super) struct Typed {
    after: Record,
    bytes: Vec<u8>,
    keyboard: ChildStdin,
}

impl Typed {
    /// Types if this is the record that it waits for. A guest that has ended does not miss it.
    pub(super) fn sees(&mut self, record: &Record) {
        if self.after == *record {
            let _ = self.keyboard.write_all(&self.bytes).and_then(|()| self.keyboard.flush());
        }
    }
}

/// What is still to happen on a keyboard.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// What is typed once a record has come.
    pub(super) typed: Option<Typed>,
    /// Is told once the guest has said its first words; then passing on begins.
    pub(super) awake: Option<Sender<()>>,
}

/// Begins to type on `keyboard`, or to wait for the moment to do so.
pub(super) fn begin(input: &Input, keyboard: Option<ChildStdin>) -> Expected {
    let Some(keyboard) = keyboard else { return Expected::default() };
    match input {
        Input::Nothing => Expected::default(),
        Input::Standard | Input::Shell if stdin().is_terminal() => {
            let leave = (*input == Input::Shell).then_some(LEAVE);
            drop(thread::spawn(move || pass_on(stdin(), keyboard, leave)));
            Expected::default()
        }
        Input::Standard | Input::Shell => {
            let ends = *input == Input::Shell;
            let (awake, is_awake) = mpsc::channel();
            drop(thread::spawn(move || {
                // A run that has ended before types nothing.
                is_awake.recv().ok()?;
                let keyboard = pass_on(stdin(), keyboard, None).filter(|_| ends)?;
                end(keyboard, AGAIN);
                Some(())
            }));
            Expected { awake: Some(awake), ..Expected::default() }
        }
        Input::After(marker, bytes) => {
            let typed = Typed { after: Record::Marker(marker.clone()), bytes: bytes.clone(), keyboard };
            Expected { typed: Some(typed), ..Expected::default() }
        }
    }
}

/// Passes on what is typed, until it ends; gives the keyboard back if that still takes keys. At the key `leave` the run ends.
fn pass_on<K: Write>(mut source: impl Read, mut keyboard: K, leave: Option<u8>) -> Option<K> {
    let mut buffer = [0; 256];
    loop {
        match source.read(&mut buffer) {
            Ok(count @ 1..) => {
                let keys = &buffer[..count];
                let end = leave.and_then(|leave| keys.iter().position(|&key| key == leave));
                keyboard.write_all(&keys[..end.unwrap_or(count)]).and_then(|()| keyboard.flush()).ok()?;
                if end.is_some() {
                    interrupt::request();
                    return None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => return Some(keyboard),
        }
    }
}

/// Types the end of input, until nobody takes it any more.
fn end(mut keyboard: impl Write, first: Duration) {
    let mut pause = first;
    while keyboard.write_all(&[END]).and_then(|()| keyboard.flush()).is_ok() {
        thread::sleep(pause);
        pause = (2 * pause).min(SELDOM);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::time::Duration;

    use super::{end, pass_on};

    /// A keyboard that takes so many keys.
    struct Keyboard(Vec<u8>, usize);

    impl Write for Keyboard {
        fn write(&mut self, keys: &[u8]) -> io::Result<usize> {
            let count = keys.len().min(self.1 - self.0.len());
            self.0.extend(&keys[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_byte_is_passed_on() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let keyboard = pass_on(&bytes[..], Keyboard(Vec::new(), 1000), None).unwrap();
        assert_eq!(keyboard.0, bytes);
    }

    #[test]
    fn a_guest_that_has_ended_ends_typing() {
        assert!(pass_on(&b"hello"[..], Keyboard(Vec::new(), 3), None).is_none());
        let mut keyboard = Keyboard(Vec::new(), 3);
        end(&mut keyboard, Duration::from_millis(1));
        assert_eq!(keyboard.0, [4, 4, 4]);
    }
}
