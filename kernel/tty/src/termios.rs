//! The settings of a terminal, as Linux lays them out for programs.
//!
//! [`Termios`] is the kernel's `struct termios2`: four words of flags, the number of the line discipline, nineteen special
//! characters, two speeds. `TCGETS` and `TCSETS` carry the first 36 bytes of it, `TCGETS2` and `TCSETS2` all 44. Bits that mean
//! nothing here are kept as a program has set them, since it reads them back and compares.

mod speed;

use abi::Encoder;
use bitflags::bitflags;

bitflags! {
    /// What is done with bytes that come in (`c_iflag`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct InputFlags: u32 {
        /// A byte 0xff that came in is doubled.
        const PARMRK = 0o10;
        /// The eighth bit is taken off.
        const ISTRIP = 0o40;
        /// A newline becomes a carriage return.
        const INLCR = 0o100;
        /// A carriage return is ignored.
        const IGNCR = 0o200;
        /// A carriage return becomes a newline.
        const ICRNL = 0o400;
        /// Upper-case letters become lower-case ones.
        const IUCLC = 0o1000;
        /// Control-S stops the output, control-Q starts it.
        const IXON = 0o2000;
        /// Every byte starts it.
        const IXANY = 0o4000;
        /// The bell is rung for a byte that finds no room.
        const IMAXBEL = 0o20000;
        /// Bytes are UTF-8: a character is erased as a whole.
        const IUTF8 = 0o40000;
        /// Others mean nothing here, and are kept.
        const _ = !0;
    }
}

bitflags! {
    /// What is done with bytes that go out (`c_oflag`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OutputFlags: u32 {
        /// Anything is done at all.
        const OPOST = 0o1;
        /// Lower-case letters become upper-case ones.
        const OLCUC = 0o2;
        /// A newline becomes a carriage return and a newline.
        const ONLCR = 0o4;
        /// A carriage return becomes a newline.
        const OCRNL = 0o10;
        /// No carriage return in the first column.
        const ONOCR = 0o20;
        /// A newline goes to the first column as well.
        const ONLRET = 0o40;
        /// A tab becomes spaces (both bits).
        const XTABS = 0o14000;
        /// Others mean nothing here, and are kept.
        const _ = !0;
    }
}

bitflags! {
    /// What a line is and what is shown of it (`c_lflag`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LocalFlags: u32 {
        /// Some characters send signals.
        const ISIG = 0o1;
        /// Input is read by lines, which can be edited.
        const ICANON = 0o2;
        /// Input is shown.
        const ECHO = 0o10;
        /// A character that is erased vanishes.
        const ECHOE = 0o20;
        /// A newline is shown after the character that kills the line.
        const ECHOK = 0o40;
        /// A newline is shown even if nothing else is.
        const ECHONL = 0o100;
        /// What is typed is kept when a character sends a signal.
        const NOFLSH = 0o200;
        /// Who writes from the background is stopped.
        const TOSTOP = 0o400;
        /// Control characters are shown as `^X`.
        const ECHOCTL = 0o1000;
        /// Characters that are erased are printed, as on paper.
        const ECHOPRT = 0o2000;
        /// A line that is killed vanishes.
        const ECHOKE = 0o4000;
        /// Extensions: words are erased, lines printed again, characters quoted.
        const IEXTEN = 0o100_000;
        /// Others mean nothing here, and are kept.
        const _ = !0;
    }
}

/// A place among the special characters (`c_cc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Special {
    /// Sends `SIGINT`.
    Interrupt = 0,
    /// Sends `SIGQUIT`.
    Quit = 1,
    /// Erases a character.
    Erase = 2,
    /// Erases the line.
    Kill = 3,
    /// Ends the file, or the line without a newline.
    EndOfFile = 4,
    /// Tenths of a second that a read waits.
    Time = 5,
    /// Bytes that a read waits for.
    Minimum = 6,
    /// Starts the output.
    Start = 8,
    /// Stops the output.
    Stop = 9,
    /// Sends `SIGTSTP`.
    Suspend = 10,
    /// Ends the line, besides newline.
    EndOfLine = 11,
    /// Shows the line again.
    Reprint = 12,
    /// Erases a word.
    WordErase = 14,
    /// Takes the special meaning of the next one away.
    LiteralNext = 15,
    /// Ends the line as well.
    EndOfLine2 = 16,
}

/// How many special characters there are.
const SPECIALS: usize = 19;
/// A special character of this value is none.
const DISABLED: u8 = 0;

/// `CREAD` and eight bits a byte.
const RECEIVER_AND_EIGHT_BITS: u32 = 0o200 | 0o60;

/// The settings of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Termios {
    /// What is done with bytes that come in.
    pub input: InputFlags,
    /// What is done with bytes that go out.
    pub output: OutputFlags,
    /// The line's hardware (`c_cflag`): kept, and nothing else.
    pub control: u32,
    /// What a line is and what is shown of it.
    pub local: LocalFlags,
    /// The number of the line discipline: kept, and nothing else.
    pub discipline: u8,
    specials: [u8; SPECIALS],
    /// Bits a second, in and out.
    speeds: [u32; 2],
}

impl Default for Termios {
    /// As a terminal is set when it is opened first: lines, echo, signals.
    fn default() -> Self {
        let mut specials = [DISABLED; SPECIALS];
        for (special, byte) in [
            (Special::Interrupt, 0x03),
            (Special::Quit, 0x1c),
            (Special::Erase, 0x7f),
            (Special::Kill, 0x15),
            (Special::EndOfFile, 0x04),
            (Special::Minimum, 1),
            (Special::Start, 0x11),
            (Special::Stop, 0x13),
            (Special::Suspend, 0x1a),
            (Special::Reprint, 0x12),
            (Special::WordErase, 0x17),
            (Special::LiteralNext, 0x16),
        ] {
            specials[special as usize] = byte;
        }
        // Control-O, which Linux names and does nothing for.
        specials[13] = 0x0f;
        Self {
            input: InputFlags::ICRNL | InputFlags::IXON,
            output: OutputFlags::OPOST | OutputFlags::ONLCR,
            control: speed::B38400 | RECEIVER_AND_EIGHT_BITS,
            local: LocalFlags::ISIG
                | LocalFlags::ICANON
                | LocalFlags::ECHO
                | LocalFlags::ECHOE
                | LocalFlags::ECHOK
                | LocalFlags::ECHOCTL
                | LocalFlags::ECHOKE
                | LocalFlags::IEXTEN,
            discipline: 0,
            specials,
            speeds: [38_400; 2],
        }
    }
}

/// Bytes of `struct termios`.
pub const SIZE: usize = 36;
/// Bytes of `struct termios2`.
pub const SIZE_2: usize = 44;

impl Termios {
    /// The byte at a place among the special characters: for those that are numbers.
    #[must_use]
    pub const fn value(&self, special: Special) -> u8 {
        self.specials[special as usize]
    }

    /// Whether `byte` is that special character. A disabled one is none.
    #[must_use]
    pub const fn is(&self, special: Special, byte: u8) -> bool {
        let value = self.value(special);
        value != DISABLED && value == byte
    }

    /// Sets a special character.
    pub const fn set(&mut self, special: Special, byte: u8) {
        self.specials[special as usize] = byte;
    }

    /// Whether a flag of a line is set.
    pub(crate) const fn has(&self, flag: LocalFlags) -> bool {
        self.local.contains(flag)
    }

    /// As `struct termios2`; the first [`SIZE`] bytes are `struct termios`.
    #[must_use]
    pub fn encode(&self) -> [u8; SIZE_2] {
        Encoder::new()
            .u32(self.input.bits())
            .u32(self.output.bits())
            .u32(self.control)
            .u32(self.local.bits())
            .bytes(&[self.discipline])
            .bytes(&self.specials)
            .u32(self.speeds[0])
            .u32(self.speeds[1])
            .finish()
    }

    /// The settings in a `struct termios`. The speeds are those of the flags, or those of `before` where the flags name none.
    #[must_use]
    pub fn decode(bytes: &[u8; SIZE], before: &Self) -> Self {
        let mut specials = [DISABLED; SPECIALS];
        specials.copy_from_slice(&bytes[17..SIZE]);
        let control = word(bytes, 8);
        Self {
            input: InputFlags::from_bits_retain(word(bytes, 0)),
            output: OutputFlags::from_bits_retain(word(bytes, 4)),
            control,
            local: LocalFlags::from_bits_retain(word(bytes, 12)),
            discipline: bytes[16],
            specials,
            speeds: speed::of(control, before.speeds),
        }
    }

    /// The settings in a `struct termios2`, which says the speeds itself where the flags name none.
    #[must_use]
    pub fn decode_2(bytes: &[u8; SIZE_2]) -> Self {
        let mut first = [0; SIZE];
        first.copy_from_slice(&bytes[..SIZE]);
        let speeds = [word(bytes, SIZE), word(bytes, SIZE + 4)];
        let mut settings = Self::decode(&first, &Self::default());
        settings.speeds = speed::of(settings.control, speeds);
        settings
    }
}

/// The word in a structure that begins at `at`; 0 beyond its end.
fn word(structure: &[u8], at: usize) -> u32 {
    let bytes = structure.get(at..).and_then(|rest| rest.first_chunk());
    bytes.copied().map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::{InputFlags, SIZE, Special, Termios};

    #[test]
    fn settings_survive_being_encoded_whatever_the_bits() {
        let mut bytes = [0; SIZE];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(at * 37 % 256).unwrap();
        }
        let settings = Termios::decode(&bytes, &Termios::default());
        assert_eq!(settings.encode()[..SIZE], bytes);
    }

    #[test]
    fn the_usual_settings_are_laid_out_as_linux_does() {
        let bytes = Termios::default().encode();
        assert_eq!(bytes[..4], 0o2400_u32.to_le_bytes());
        assert_eq!(bytes[4..8], 0o5_u32.to_le_bytes());
        assert_eq!(bytes[8..12], 0o277_u32.to_le_bytes());
        assert_eq!(bytes[12..16], 0o105_073_u32.to_le_bytes());
        assert_eq!(bytes[17..23], [3, 0x1c, 0x7f, 0x15, 4, 0]);
        assert_eq!(bytes[36..40], 38_400_u32.to_le_bytes());
    }

    #[test]
    fn a_disabled_character_matches_nothing() {
        let mut settings = Termios::default();
        assert!(settings.is(Special::Interrupt, 3));
        settings.set(Special::Interrupt, 0);
        assert!(!settings.is(Special::Interrupt, 0));
        assert!(!settings.is(Special::Interrupt, 3));
    }

    #[test]
    fn speeds_come_from_the_flags_or_from_the_second_form() {
        let mut bytes = Termios::default().encode();
        // B115200.
        bytes[8..12].copy_from_slice(&0o10_262_u32.to_le_bytes());
        assert_eq!(Termios::decode_2(&bytes).encode()[36..40], 115_200_u32.to_le_bytes());
        // BOTHER.
        bytes[8..12].copy_from_slice(&0o10_260_u32.to_le_bytes());
        bytes[40..].copy_from_slice(&12_345_u32.to_le_bytes());
        assert_eq!(Termios::decode_2(&bytes).encode()[40..], 12_345_u32.to_le_bytes());
        assert!(Termios::decode_2(&bytes).input.contains(InputFlags::ICRNL));
    }
}
