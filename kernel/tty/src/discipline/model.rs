//! Random typing against a naive model: a list of characters. What is read must be what the model has, and what a screen shows of
//! all that was sent must be the line as the model has it.

use std::string::String;
use std::vec::Vec;

use super::tests::sent;
use super::{Discipline, Wire};
use crate::termios::{InputFlags, Termios};

/// A number that looks random (Marsaglia, "Xorshift RNGs", 2003).
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// The row of a screen in which the cursor stands.
#[derive(Default)]
struct Row {
    cells: Vec<char>,
    cursor: usize,
}

impl Row {
    fn show(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' => *self = Self::default(),
                '\r' => self.cursor = 0,
                '\x08' => self.cursor = self.cursor.saturating_sub(1),
                '\t' => self.cursor += 8 - self.cursor % 8,
                other => {
                    if self.cells.len() <= self.cursor {
                        self.cells.resize(self.cursor + 1, ' ');
                    }
                    self.cells[self.cursor] = other;
                    self.cursor += 1;
                }
            }
        }
    }

    fn text(&self) -> String {
        let text: String = self.cells.iter().collect();
        text.trim_end().into()
    }
}

/// What the row shows of a prompt and a line.
fn expected(prompt: &str, line: &[char]) -> (String, usize) {
    let mut row = Row::default();
    row.show(prompt);
    for &character in line {
        match character {
            '\t' => row.show("\t"),
            control if control.is_ascii_control() => {
                let letter = char::from(u8::try_from(u32::from(control)).unwrap() ^ 0x40);
                row.show(&std::format!("^{letter}"));
            }
            other => row.show(&String::from(other)),
        }
    }
    (row.text(), row.cursor)
}

/// Takes a word away from the end.
fn erase_word(line: &mut Vec<char>) {
    let is_of_word =
        |character: &char| character.is_ascii_alphanumeric() || !character.is_ascii() || *character == '_';
    while line.last().is_some_and(|last| !is_of_word(last)) {
        line.pop();
    }
    while line.last().is_some_and(is_of_word) {
        line.pop();
    }
}

#[test]
fn editing_agrees_with_a_list_of_characters_on_what_is_read_and_what_is_seen() {
    const CHARACTERS: [char; 12] = ['a', 'Z', '0', '_', ' ', '-', '\t', '\x01', 'é', '€', '日', '😀'];
    for start in 1..200_u64 {
        let mut seed = start.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut settings = Termios::default();
        settings.input |= InputFlags::IUTF8;
        let mut terminal = Discipline::try_new(settings, Wire::Device).unwrap();
        let (mut line, mut row) = (Vec::new(), Row::default());
        let prompt = &"prompt> "[..usize::try_from(start % 8).unwrap()];
        terminal.write(prompt.as_bytes());
        row.show(&sent(&mut terminal));
        for _ in 0..300 {
            let mut typed = String::new();
            let mut finished = false;
            match next(&mut seed) % 32 {
                0..22 => {
                    let number = usize::try_from(next(&mut seed) % 12).unwrap();
                    typed.push(CHARACTERS[number]);
                    line.push(CHARACTERS[number]);
                }
                22..27 => {
                    typed.push('\x7f');
                    line.pop();
                }
                27..29 => {
                    typed.push('\x17');
                    erase_word(&mut line);
                }
                29 => {
                    typed.push('\x15');
                    line.clear();
                }
                30 => {
                    typed.push_str("\x16\x7f");
                    line.push('\x7f');
                }
                _ => {
                    typed.push('\n');
                    finished = true;
                }
            }
            for byte in typed.bytes() {
                assert_eq!(terminal.receive(byte), None);
            }
            row.show(&sent(&mut terminal));
            let mut bytes = [0; 4096];
            if finished {
                let count = terminal.read(&mut bytes).unwrap();
                line.push('\n');
                assert_eq!(
                    core::str::from_utf8(&bytes[..count]),
                    Ok(line.iter().collect::<String>().as_str())
                );
                line.clear();
                terminal.write(prompt.as_bytes());
                row.show(&sent(&mut terminal));
            } else {
                assert_eq!(terminal.read(&mut bytes), None);
            }
            assert_eq!((row.text(), row.cursor), expected(prompt, &line), "seed {start}: {line:?}");
        }
    }
}

#[test]
fn no_bytes_and_no_settings_make_it_panic_or_grow() {
    for start in 1..400_u64 {
        let mut seed = start.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut terminal = Discipline::try_new(Termios::default(), Wire::Master).unwrap();
        for _ in 0..200 {
            match next(&mut seed) % 8 {
                0 => {
                    let mut bytes = [0; 36];
                    for byte in &mut bytes {
                        *byte = next(&mut seed).to_le_bytes()[3];
                    }
                    terminal.set(Termios::decode(&bytes, terminal.settings()));
                }
                1 => {
                    let mut bytes = [0; 100];
                    let most = usize::try_from(next(&mut seed) % 100).unwrap();
                    terminal.read(&mut bytes[..most]);
                }
                2 => {
                    let mut bytes = [0; 3000];
                    terminal.transmit(&mut bytes);
                }
                3 => {
                    terminal.write(&next(&mut seed).to_le_bytes().repeat(40));
                }
                4 if next(&mut seed).is_multiple_of(2) => terminal.stop_by_program(),
                4 => terminal.start_by_program(),
                _ => {
                    for byte in next(&mut seed).to_le_bytes().repeat(30) {
                        terminal.receive(byte);
                    }
                }
            }
            assert!(terminal.readable() <= 4096 && terminal.unsent() <= 4096);
            assert!(terminal.sendable() <= terminal.unsent());
        }
    }
}
