//! What Linux does, recorded, and whether this does the same.
//!
//! `recorded.txt` was written by a program that had a pseudo-terminal of Linux 6.18: at random it changed the settings, typed at the
//! master, wrote at the slave, and read at either end, with pauses, so that Linux had dealt with all before the next step. One step a
//! line, bytes in hexadecimal, `-` for none:
//!
//! | line | step |
//! |---|---|
//! | `N` | a new pseudo-terminal |
//! | `S settings` | the slave's settings, as `TCGETS` gives them |
//! | `T bytes` | typed at the master |
//! | `W bytes count` | written at the slave, which took so many |
//! | `R most bytes` | read at the slave; `none` where it would have waited |
//! | `M bytes` | all that could be read at the master |

use std::string::{String, ToString};
use std::vec::Vec;

use super::{Discipline, Wire};
use crate::termios::Termios;

/// The bytes of a word.
fn bytes(word: &str) -> Vec<u8> {
    let digits: Vec<u32> = word.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| u8::try_from(16 * pair[0] + pair[1]).unwrap()).collect()
}

/// Does a step; gives what differs from what Linux did.
fn step(terminal: &mut Discipline, line: &str) -> Result<(), String> {
    let mut words = line.split(' ');
    let step = words.next().unwrap();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match step {
        "N" => *terminal = Discipline::try_new(Termios::default(), Wire::Master).unwrap(),
        "S" => {
            let settings = Termios::decode(&bytes(first).try_into().unwrap(), terminal.settings());
            terminal.set(settings);
        }
        "T" => {
            for byte in bytes(first) {
                terminal.receive(byte);
            }
        }
        "W" => {
            let count = terminal.write(&bytes(first));
            if count.to_string() != second {
                return Err(std::format!("took {count}"));
            }
        }
        "R" => {
            let mut read = std::vec![0; first.parse().unwrap()];
            let count = terminal.read(&mut read);
            let read = count.map(|count| &read[..count]);
            let expected = (second != "none").then(|| bytes(second));
            if read != expected.as_deref() {
                return Err(std::format!("read {read:02x?}"));
            }
        }
        "M" => {
            let mut sent = std::vec![0; 5000];
            let count = terminal.transmit(&mut sent);
            if sent[..count] != bytes(first) {
                return Err(std::format!("sent {:02x?}", &sent[..count]));
            }
        }
        other => panic!("{other} is no step"),
    }
    Ok(())
}

#[test]
fn a_terminal_does_what_linux_was_seen_to_do() {
    let mut terminal = Discipline::try_new(Termios::default(), Wire::Master).unwrap();
    let mut cases = 0;
    for (line, number) in include_str!("recorded.txt").lines().zip(1..) {
        cases += u32::from(line == "N");
        if let Err(difference) = step(&mut terminal, line) {
            panic!("line {number}: `{line}`, but {difference}");
        }
    }
    assert!(cases > 100);
}
