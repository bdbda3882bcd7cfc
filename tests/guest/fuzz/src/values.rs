//! From the kind of an argument to a number.
//!
//! A call has a [`Mood`]: in a good one every argument is what a careful program would give, so that the call gets far; in a mixed one
//! some are at a border or hostile; in a bad one most are. A careful program's values still meet in ways that no program means: the
//! descriptor is any file, the mapping is under another thread's hands.

use crate::arena::{Arena, PAGE};
use crate::borders::border;
use crate::grammar::{Kind, Shape};
use crate::pools::{Class, Pools};
use crate::record::Record;
use guest_random::Random;

/// How a call's arguments are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// All of them make sense.
    Good,
    /// One in four does not.
    Mixed,
    /// One in two does not.
    Bad,
}

/// What a call has been given so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    /// Bytes of the memory before.
    pub size: u64,
    /// Elements of the array before.
    pub count: u64,
}

/// What draws arguments for one process or thread.
#[derive(Debug)]
pub(crate) struct Source {
    /// The generator.
    pub random: Random,
    /// Memory for what arguments point at.
    pub arena: Arena,
    /// What calls have given.
    pub pools: Pools,
    /// Memory that all workers share.
    pub shared: u64,
    /// Where other workers' processes are found.
    pub record: &'static Record,
    /// How the present call's arguments are drawn.
    pub mood: Mood,
    /// What the present call has been given.
    pub given: Given,
}

impl Source {
    /// Nothing drawn yet.
    pub(crate) fn new(
        random: Random,
        arena: Arena,
        pools: &Pools,
        shared: u64,
        record: &'static Record,
    ) -> Self {
        Self { random, arena, pools: *pools, shared, record, mood: Mood::Good, given: Given::default() }
    }
}

/// Paths. Few, so that workers meet; each ends with zero.
const PATHS: [&[u8]; 48] = [
    b"a\0",
    b"b\0",
    b"c\0",
    b"d\0",
    b"d/a\0",
    b"d/b\0",
    b"d/d\0",
    b"d/d/a\0",
    b"d/../a\0",
    b"s\0",
    b"s/a\0",
    b"e\0",
    b"e/d/../../b\0",
    b"fifo\0",
    b"socket\0",
    b"./a/\0",
    b"../work/a\0",
    b".\0",
    b"..\0",
    b"/\0",
    b"/tmp\0",
    b"/tmp/fuzz/work/d/c\0",
    b"/dev/null\0",
    b"/dev/zero\0",
    b"/dev/full\0",
    b"/dev/random\0",
    b"/dev/ptmx\0",
    b"/dev/pts/0\0",
    b"/dev/pts/1\0",
    b"/dev/tty\0",
    b"/dev/console\0",
    b"/proc\0",
    b"/proc/self/maps\0",
    b"/proc/self/stat\0",
    b"/proc/self/fd\0",
    b"/proc/self/fd/5\0",
    b"/proc/self/fdinfo/7\0",
    b"/proc/self/task\0",
    b"/proc/self/environ\0",
    b"/proc/self/exe\0",
    b"/proc/self/cwd/a\0",
    b"/proc/1/maps\0",
    b"/proc/meminfo\0",
    b"/proc/mounts\0",
    b"/proc/net/tcp\0",
    b"/sys\0",
    b"/etc/passwd\0",
    b"/root/a\0",
];

/// Names that are no paths: of attributes, of memory, of filesystems.
const NAMES: [&[u8]; 9] = [
    b"\0",
    b"x\0",
    b"user.fuzz\0",
    b"security.capability\0",
    b"system.posix_acl_access\0",
    b"tmpfs\0",
    b"proc\0",
    b"a name of more than fifteen bytes\0",
    b"\xff\xfe\x01\0",
];

/// How long memory is.
const SIZES: [u64; 14] = [0, 1, 4, 8, 12, 16, 28, 64, 128, 144, 512, 4096, 8192, 20_000];

impl Source {
    /// Whether this value is to make sense.
    pub(crate) fn is_good(&mut self) -> bool {
        match self.mood {
            Mood::Good => true,
            Mood::Mixed => !self.random.once_in(4),
            Mood::Bad => self.random.once_in(2),
        }
    }

    /// An address that is wrong.
    pub(crate) fn hostile_address(&mut self) -> u64 {
        const PLACES: [u64; 15] = [
            0,
            1,
            8,
            PAGE,
            0x7fff_ffff_e000,
            0x7fff_ffff_efff,
            0x7fff_ffff_f000,
            0x8000_0000_0000,
            0xdead_beef_dead_beef,
            0xffff_7fff_ffff_ffff,
            0xffff_8000_0000_0000,
            0xffff_8880_0010_0000,
            0xffff_ffff_8000_0000,
            0xffff_ffff_8010_0000,
            u64::MAX - 7,
        ];
        match self.random.below(4) {
            0 | 1 => self.arena.trap(&mut self.random),
            2 => self.random.number(&PLACES),
            _ => border(&mut self.random),
        }
    }

    /// Room for so many bytes; where it need make no sense, any address.
    pub(crate) fn place(&mut self, bytes: u64) -> u64 {
        self.arena.room(&mut self.random, bytes)
    }

    /// A string's address.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> u64 {
        let place = self.place(bytes.len() as u64);
        self.arena.put_bytes(place, bytes);
        place
    }

    /// A path's address.
    pub(crate) fn path(&mut self) -> u64 {
        if !self.is_good() {
            return match self.random.below(6) {
                0 => self.string(b"\0"),
                // A name, or a path, that is as long as they may be, or longer.
                1 | 2 => {
                    let length = self.random.number(&[255, 256, 4094, 4095, 4096, 5000]);
                    let mut bytes = [b'n'; 5001];
                    if self.random.once_in(2) {
                        bytes.iter_mut().step_by(2).for_each(|byte| *byte = b'/');
                    }
                    let length = usize::try_from(length).unwrap_or(0);
                    bytes[length] = 0;
                    self.string(bytes.get(..=length).unwrap_or(b"\0"))
                }
                3 => self.string(b"\xff\xc0\x80/\x01\0"),
                _ => self.hostile_address(),
            };
        }
        let few = if self.random.once_in(3) { PATHS.len() } else { 16 };
        let path = self.random.of(PATHS.get(..few).unwrap_or(&PATHS)).copied().unwrap_or(b"a\0");
        self.string(path)
    }

    /// A process or a thread: itself, its children, other workers and their children, whom it may not touch, and none at all.
    pub(crate) fn process(&mut self) -> u64 {
        let random = &mut self.random;
        match random.below(24) {
            0..8 => self.pools.processes.draw(random).unwrap_or(0),
            8..12 => u64::from(std::process::id()),
            12..18 => {
                let slot = random.of(&self.record.slots);
                slot.map_or(0, |slot| slot.process.load(std::sync::atomic::Ordering::Relaxed))
            }
            18 => 0_u64.wrapping_sub(self.pools.processes.draw(random).unwrap_or(7)),
            19 if random.once_in(8) => u64::MAX,
            20 => random.number(&[1, 2, 3, 4, 5]),
            21 => random.number(&[0x7fff_ffff, 4_194_304, 99_999, 0x8000_0000]),
            _ => 0,
        }
    }

    /// An open file, of those that calls gave or by any small number.
    pub(crate) fn descriptor(&mut self) -> u64 {
        self.file(None)
    }

    /// The same, of a class, most of the time.
    fn file(&mut self, class: Option<Class>) -> u64 {
        let random = &mut self.random;
        match self.mood {
            Mood::Bad if random.once_in(3) => border(random),
            _ if random.once_in(12) => random.below(48),
            _ => {
                let files = &self.pools.files;
                files.draw(random, class).or_else(|| files.draw(random, None)).unwrap_or(3)
            }
        }
    }

    /// Memory that `mmap` gave, a page after it, or a page of the arena.
    pub(crate) fn mapping(&mut self) -> u64 {
        let random = &mut self.random;
        match random.below(10) {
            0 => self.arena.page(random),
            1 => self.shared,
            _ => match self.pools.mappings.draw(random) {
                Some(address) => address.wrapping_add(PAGE * random.number(&[0, 0, 0, 1, 2, 3, 8])),
                None => self.arena.page(random),
            },
        }
    }

    /// A small number, or one at a border.
    pub(crate) fn number(&mut self) -> u64 {
        match self.random.below(8) {
            0 if self.mood != Mood::Good => border(&mut self.random),
            1 => self.random.below(256),
            _ => self.random.below(20),
        }
    }

    /// A user or a group: those of workers, root and nobody.
    pub(crate) fn user(&mut self) -> u64 {
        self.random.number(&[crate::USERS[0], crate::USERS[0], crate::USERS[1], 0, 65_534, 0xffff_ffff])
    }

    /// A place in a file.
    pub(crate) fn offset(&mut self) -> u64 {
        const PLACES: [u64; 10] = [0, 0, 1, 100, PAGE, 2 * PAGE, 5000, 65_536, 1 << 20, 3 * PAGE];
        const FAR: [u64; 9] = [
            1 << 31,
            1 << 32,
            (1 << 32) - PAGE,
            1 << 43,
            i64::MAX as u64,
            i64::MAX as u64 - 4095,
            i64::MIN as u64,
            u64::MAX,
            u64::MAX - 4095,
        ];
        if self.is_good() { self.random.number(&PLACES) } else { self.random.number(&FAR) }
    }

    /// The number that an argument of this kind is.
    #[allow(clippy::match_same_arms, reason = "a table: the arms of a kind stand together")]
    pub(crate) fn argument(&mut self, kind: Kind) -> u64 {
        match kind {
            Kind::Exactly(number) => {
                if self.mood == Mood::Bad && self.random.once_in(4) {
                    border(&mut self.random)
                } else {
                    number
                }
            }
            Kind::Descriptor => self.descriptor(),
            Kind::Of(class) => self.file(Some(class)),
            Kind::Directory if self.random.once_in(3) => self.file(Some(Class::Directory)),
            Kind::Directory => i64::from(libc::AT_FDCWD).cast_unsigned(),
            Kind::Path => self.path(),
            Kind::Program => match self.random.below(6) {
                0..3 => self.string(b"/proc/self/exe\0"),
                3 => self.string(b"/tmp/fuzz/script\0"),
                4 => self.string(b"/bin/busybox\0"),
                _ => self.path(),
            },
            Kind::Text if self.is_good() => {
                let name = self.random.of(&NAMES).copied().unwrap_or(b"\0");
                self.string(name)
            }
            Kind::Text => self.path(),
            Kind::In | Kind::Out => {
                let size = self.random.number(&SIZES);
                self.given = Given { size, count: 1 };
                let place = self.place(size.max(256));
                if matches!(kind, Kind::In) {
                    for word in 0..8 {
                        let value = border(&mut self.random);
                        self.arena.put(place + word * 8, value);
                    }
                }
                if self.is_good() { place } else { self.hostile_address() }
            }
            Kind::Size if self.is_good() => self.given.size,
            Kind::Count if self.is_good() => self.given.count,
            Kind::Size | Kind::Count => border(&mut self.random),
            Kind::SizeAt => {
                let size = if self.is_good() { self.given.size } else { border(&mut self.random) };
                let place = self.place(8);
                self.arena.put(place, size);
                if self.is_good() { place } else { self.hostile_address() }
            }
            Kind::To(shape) => self.structure(shape),
            Kind::Flags(flags) => self.flags(flags),
            Kind::OneOf(values) => match self.random.of(values) {
                Some(&value) if self.is_good() => i64::from(value).cast_unsigned(),
                _ => border(&mut self.random),
            },
            Kind::Process if self.is_good() => self.process(),
            Kind::Process => border(&mut self.random),
            // What cannot be handled is sent more seldom.
            Kind::Signal => match self.random.below(68) {
                9 | 19 if !self.random.once_in(3) => 0,
                66 => border(&mut self.random),
                number => number,
            },
            Kind::Mode => {
                self.random.number(&[0o666, 0o777, 0o777, 0o600, 0, 0o4755, 0o1777, 0o2777, 0o7777])
            }
            Kind::User => self.user(),
            Kind::Number => self.number(),
            Kind::Timer if self.is_good() => self.pools.timers.draw(&mut self.random).unwrap_or(0),
            Kind::Watch if self.is_good() => self.pools.watches.draw(&mut self.random).unwrap_or(1),
            Kind::Object if self.is_good() => self.pools.objects.draw(&mut self.random).unwrap_or(0),
            Kind::Timer | Kind::Watch | Kind::Object => border(&mut self.random),
            Kind::Offset => self.offset(),
            Kind::Length if self.is_good() => {
                PAGE * self.random.number(&[1, 1, 2, 3, 4, 8, 16, 64, 600])
                    - self.random.number(&[0, 0, 0, 1])
            }
            Kind::Length => border(&mut self.random),
            Kind::Mapping if self.is_good() => self.mapping(),
            Kind::Mapping => self.hostile_address(),
            Kind::Hint => match self.random.below(4) {
                0 => self.mapping(),
                1 if !self.is_good() => self.hostile_address(),
                _ => 0,
            },
            Kind::Word => match self.random.below(8) {
                0 if !self.is_good() => self.hostile_address(),
                1 => self.mapping(),
                2 | 3 => self.place(8),
                _ => self.shared + 4 * self.random.below(4),
            },
        }
    }

    /// Flags: none, one, some of these together; once in a while one that is none of them.
    fn flags(&mut self, flags: &[libc::c_int]) -> u64 {
        let mut value = 0;
        for _ in 0..self.random.number(&[0, 1, 1, 2, 2, 3, 4, 6]) {
            value |= self.random.of(flags).copied().unwrap_or(0);
        }
        let value = u64::from(value.cast_unsigned());
        if self.is_good() { value } else { value | 1 << self.random.below(64) }
    }

    /// A structure's address: null once in a while, and a wrong one.
    fn structure(&mut self, shape: Shape) -> u64 {
        let place = self.shape(shape);
        if self.random.once_in(12) {
            0
        } else if self.is_good() {
            place
        } else {
            self.hostile_address()
        }
    }
}
