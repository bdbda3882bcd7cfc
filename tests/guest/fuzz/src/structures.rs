//! What lies at the addresses that calls are given: structures, with addresses in them.

use crate::arena::PAGE;
use crate::borders::border;
use crate::entry;
use crate::grammar::{Kind, Shape};
use crate::values::{Given, Mood, Source};

/// Elements that arrays have.
const ELEMENTS: [u64; 8] = [0, 1, 1, 2, 3, 4, 8, 20];
/// Ports that sockets get: few, so that they meet.
const PORTS: [u64; 8] = [0, 7001, 7001, 7001, 7001, 7002, 7003, 80];

/// A port, or an address, as the network has it.
const fn swapped(port: u64) -> u64 {
    (port & 0xff) << 8 | port >> 8 & 0xff
}

impl Source {
    /// Writes words, and gives their address. They are what the call has been given.
    fn words(&mut self, words: &[u64]) -> u64 {
        let size = words.len() as u64 * 8;
        let place = self.place(size);
        for (number, word) in (0_u64..).zip(words) {
            self.arena.put(place + number * 8, *word);
        }
        self.given = Given { size, count: 1 };
        place
    }

    /// A span of time's two words: short, or one at a border.
    fn time(&mut self) -> [u64; 2] {
        // `UTIME_NOW` and `UTIME_OMIT` among them.
        const WRONG: [u64; 6] = [1_000_000_000, 0x3fff_ffff, 0x3fff_fffe, u64::MAX, i64::MIN as u64, 1 << 32];
        const PARTS: [u64; 8] = [0, 1, 1000, 100_000, 999_999, 3_000_000, 20_000_000, 999_999_999];
        if self.is_good() {
            return [self.random.number(&[0, 0, 0, 0, 0, 0, 0, 1]), self.random.number(&PARTS)];
        }
        [border(&mut self.random), self.random.number(&WRONG)]
    }

    /// A set of signals or descriptors.
    fn set(&mut self) -> u64 {
        match self.random.below(4) {
            0 => 0,
            1 => self.random.any() & self.random.any(),
            2 => 1 << self.random.below(64),
            _ => self.random.any() & 0xffff_ffff,
        }
    }

    /// A vector of so many pieces: good ones, empty ones, and some that are not there.
    fn vector(&mut self, pieces: u64) -> u64 {
        let place = self.place(pieces.min(32) * 16);
        for piece in 0..pieces.min(32) {
            let size = self.random.number(&[0, 1, 8, 100, 2000, PAGE, 9000]);
            let buffer = self.place(size.max(8));
            let at = if self.is_good() { buffer } else { self.hostile_address() };
            let length = if self.is_good() { size } else { border(&mut self.random) };
            self.arena.put(place + piece * 16, at);
            self.arena.put(place + piece * 16 + 8, length);
        }
        self.given = Given { size: pieces * 16, count: pieces };
        place
    }

    /// The address of a socket, and how long it is.
    fn address(&mut self) -> (u64, u64) {
        let port = swapped(self.random.number(&PORTS)) << 16;
        let (place, size) = match self.random.below(9) {
            0..3 => {
                let name = self.random.number(&[b'a', b'a', b'b', b'c'].map(u64::from));
                // A name without a path: zero comes first.
                (self.words(&[1 | name << 24, 0]), self.random.number(&[4, 4, 4, 4, 5, 2, 16]))
            }
            3 => {
                let place = self.words(&[0; 14]);
                self.arena.put_bytes(place, b"\x01\0socket\0");
                (place, self.random.number(&[9, 8, 110, 112]))
            }
            4..7 => {
                let host =
                    self.random.number(&[0x0100_007f, 0x0100_007f, 0x0100_007f, 0x0100_007f, 0, 0x0101_0101]);
                (self.words(&[2 | port | host << 32, 0]), 16)
            }
            7 => {
                // The lower half of `::1`, or of `::`.
                let host = self.random.number(&[0x0100_0000 << 32, 0]);
                (self.words(&[0xa | port, 0, host, 0]), 28)
            }
            _ => {
                let family = self.random.below(50);
                (self.words(&[family | port, 0, 0, 0]), self.random.below(32))
            }
        };
        let size = if self.is_good() { size } else { border(&mut self.random) };
        self.given = Given { size, count: 1 };
        (place, size)
    }

    /// Control messages: descriptors, credentials, and what is none. Gives where they are, and how long.
    fn control(&mut self) -> (u64, u64) {
        let count = self.random.number(&[1, 1, 2, 3, 8]);
        let mut words = [0; 8];
        let kind = self.random.number(&[1, 1, 1, 2, 7]);
        let length = if self.is_good() { 16 + 4 * count } else { border(&mut self.random) };
        words[0] = length;
        words[1] = 1 | kind << 32;
        for word in words.iter_mut().skip(2) {
            *word = self.descriptor() & 0xffff_ffff | self.descriptor() << 32;
        }
        let place = self.words(&words);
        let size = (16 + 4 * count).next_multiple_of(8);
        if self.random.once_in(3) { (0, 0) } else { (place, if self.is_good() { size } else { 15 }) }
    }

    /// The seven words of a message.
    fn message(&mut self) -> [u64; 7] {
        let (name, name_size) = if self.random.once_in(2) { self.address() } else { (0, 0) };
        let pieces = self.random.number(&ELEMENTS);
        let vector = self.vector(pieces);
        let (control, control_size) = self.control();
        let pieces = if self.is_good() { pieces } else { border(&mut self.random) };
        [name, name_size, vector, pieces, control, control_size, 0]
    }

    /// `struct clone_args`: only flags after which the new one needs no memory of this program's.
    fn clone_arguments(&mut self) -> u64 {
        const FLAGS: [u64; 8] = [0, 0x100, 0x900, 0x0001_0900, 0x4000, 0x1000, 0x0020_0000, 0x0100_0000];
        let flags = self.random.number(&FLAGS) | self.random.number(&FLAGS);
        let flags = if self.is_good() { flags } else { flags | 1 << self.random.below(40) };
        let (stack, size) = if self.random.once_in(3) { (self.place(4096), 4096) } else { (0, 0) };
        let signal = self.random.number(&[17, 17, 0, 64, 65]);
        let words = [flags, self.place(8), self.place(8), self.place(8), signal, stack, size, 0, 0, 0, 0];
        let place = self.words(&words);
        self.given.size = self.random.number(&[64, 80, 88, 88, 88, 0, 63, 96, PAGE]);
        place
    }

    /// `struct sigevent`: a signal, none, a thread.
    fn event(&mut self) -> u64 {
        let kind = self.random.number(&[0, 1, 2, 4, 3]);
        let signal = self.argument(Kind::Signal) & 0xffff_ffff;
        let thread = self.process();
        let value = self.random.any();
        self.words(&[value, signal | kind << 32, thread, 0, 0, 0, 0, 0])
    }

    /// An array of strings: what a program of this one needs to make a few calls, or what no program has.
    fn strings(&mut self) -> u64 {
        let seed = [b'0' + u8::try_from(self.random.below(10)).unwrap_or(0), 0];
        let first = [self.string(b"fuzz\0"), self.string(b"--leaf\0"), self.string(&seed), 0];
        if self.is_good() {
            return self.words(&first);
        }
        let long = self.path();
        let hostile = self.hostile_address();
        let last = self.random.number(&[0, hostile, long]);
        self.words(&[long, long, hostile, long, last, 0])
    }

    /// Writes a structure, and gives its address.
    #[allow(clippy::too_many_lines, reason = "a table: one arm a structure")]
    pub(crate) fn shape(&mut self, shape: Shape) -> u64 {
        match shape {
            Shape::Time => {
                let time = self.time();
                self.words(&time)
            }
            Shape::Times => {
                let ([a, b], [c, d]) = (self.time(), self.time());
                self.words(&[a, b, c, d])
            }
            Shape::Set => {
                let words = [self.set(), self.set(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                self.words(&words)
            }
            Shape::SetAndSize => {
                let set = self.shape(Shape::Set);
                self.words(&[set, 8])
            }
            Shape::Action => {
                let places = [0, 1, entry::handler_address(), entry::handler_address()];
                let handler =
                    if self.is_good() { self.random.number(&places) } else { self.hostile_address() };
                let bits = self.random.any() & 0xf800_0007;
                let restorer =
                    if self.is_good() { entry::restorer_address() } else { self.hostile_address() };
                let mask = self.set();
                self.words(&[handler, bits | 0x0400_0000, restorer, mask])
            }
            Shape::Stack => {
                let at = if self.is_good() { self.mapping() } else { self.hostile_address() };
                let size = self.random.number(&[2048, 8192, 16_384, 1, u64::MAX]);
                let bits = self.random.number(&[0, 0, 2, 1, 1 << 31]);
                self.words(&[at, bits, size])
            }
            Shape::Information => {
                let code = self.random.number(&[0xffff_ffff, 0xffff_fffa, 0, 1, 0x80]);
                let signal = self.argument(Kind::Signal) & 0xffff_ffff;
                let process = self.process();
                let value = self.random.any();
                self.words(&[signal, code, process, value, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
            }
            Shape::Event => self.event(),
            Shape::Watched => {
                let events = self.random.number(&[1, 4, 5, 0x2001, 0x8000_0001, 0xc000_0005, 0x1000_0005]);
                let events = if self.is_good() { events } else { self.random.any() & 0xffff_ffff };
                let descriptor = self.descriptor();
                self.words(&[events | descriptor << 32, 0])
            }
            Shape::Polls => {
                let count = self.random.number(&ELEMENTS);
                let place = self.place(count * 8);
                for number in 0..count {
                    let descriptor = self.descriptor() & 0xffff_ffff;
                    let events = self.random.number(&[1, 4, 5, 0x1f, 0x203f, 0]);
                    self.arena.put(place + number * 8, descriptor | events << 32);
                }
                self.given = Given { size: count * 8, count };
                place
            }
            Shape::Vector => {
                let pieces = self.random.number(&ELEMENTS);
                self.vector(pieces)
            }
            Shape::Address => self.address().0,
            Shape::Message => {
                let message = self.message();
                self.words(&message)
            }
            Shape::Messages => {
                let count = self.random.number(&[0, 1, 2, 3]);
                let mut words = [0; 24];
                for place in words.as_chunks_mut::<8>().0 {
                    place[..7].copy_from_slice(&self.message());
                }
                let place = self.words(&words);
                self.given.count = count;
                place
            }
            Shape::Limit => {
                let now = self.random.number(&[0, 1, 30, 64, 65_536, 1 << 20, 1 << 25, u64::MAX]);
                let most = self.random.number(&[now, now, 64, 1 << 26, u64::MAX]);
                self.words(&[now, most])
            }
            Shape::Clone => self.clone_arguments(),
            Shape::Lock => {
                let kind = self.random.number(&[0, 1, 2, 3]) | self.random.number(&[0, 0, 1, 2, 9]) << 16;
                let (start, length) = (self.offset(), self.offset());
                self.words(&[kind, start, length, 0])
            }
            Shape::Position => {
                let offset = self.offset();
                self.words(&[offset])
            }
            Shape::How => {
                let bits = self.random.number(&[0, 2, 0o102, 0o102, 0o1_0000, 0o1000_0000, 0o2020_0002]);
                let how = self.random.number(&[0, 0, 1, 2, 4, 8, 16, 32]);
                let mode = if bits & 0o100 != 0 { 0o666 } else { 0 };
                let place = self.words(&[bits, mode, how, 0]);
                self.given.size = self.random.number(&[24, 24, 24, 32, 0, 23, PAGE + 1]);
                place
            }
            Shape::Strings => self.strings(),
            Shape::Integer => {
                let value =
                    if self.mood == Mood::Good { self.random.below(100) } else { border(&mut self.random) };
                let place = self.words(&[value]);
                self.given.size = 4;
                place
            }
            Shape::Attributes => {
                let policy = self.random.below(8) << 32;
                self.words(&[0x30 | policy, 0, 0, 1_000_000, 2_000_000, 2_000_000, 0])
            }
            Shape::Robust => {
                // Its first lock is itself, or a word that is nobody's, or a circle that never comes back.
                let lock = self.place(64);
                let next = self.random.number(&[lock, lock + 8, self.shared]);
                let next = if self.is_good() { next } else { self.hostile_address() };
                self.arena.put(lock, next);
                self.arena.put(lock + 8, lock);
                let offset = self.random.number(&[0, 16, 32, u64::MAX - 7, 1 << 40]);
                let pending = self.random.number(&[0, lock + 8]);
                self.words(&[next, offset, pending])
            }
            Shape::Capabilities => {
                let version = self.random.number(&[0x2008_0522, 0x2008_0522, 0x1998_0330, 0, 0xffff_ffff]);
                let process = self.process() & 0xffff_ffff;
                self.words(&[version | process << 32])
            }
            Shape::Words => {
                let words = [(); 9]
                    .map(|()| if self.random.once_in(3) { self.mapping() } else { border(&mut self.random) });
                self.words(&words)
            }
        }
    }
}
