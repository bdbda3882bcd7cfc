//! One worker: an ordinary user's process that makes random calls until its calls are used up.
//!
//! It begins as the supervisor's child and root's. It gives that up, limits what it may use, and starts threads, which share its memory
//! and its files and draw by generators of their own. A timer interrupts what waits. What its calls made of its signals, its timer and
//! its memory is set right from time to time; what cannot be set right ends it, and another one takes its place.

use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use crate::arena::Arena;
use crate::borders::border;
use crate::entry;
use crate::grammar::{Call, GROUPS, Gives};
use crate::pools::{Class, Pools};
use crate::record::{Record, WORKERS};
use crate::values::{Given, Mood, Source};
use guest_random::Random;

/// What a worker is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// What it draws by.
    pub seed: u64,
    /// Its page of the record.
    pub slot: usize,
    /// Whether it may have threads.
    pub has_threads: bool,
    /// Whether it waits until each call is printed before it is made.
    pub is_traced: bool,
    /// Memory that all workers share.
    pub shared: u64,
}

/// How many calls a child of a worker makes before it ends.
const OF_A_CHILD: u64 = 40;
/// Numbers that are tried though no call is described: all that Linux has, and some beyond.
const NUMBERS: u64 = 480;

/// A process or thread that makes calls.
struct Caller {
    source: Source,
    orders: Orders,
    /// How deep below the worker it is: its children make few calls, and theirs have none.
    depth: u32,
    left: u64,
}

impl Caller {
    fn new(orders: Orders, record: &'static Record, files: &[(Class, i32)]) -> Option<Self> {
        let mut random = Random::new(orders.seed);
        let left = 200 + random.below(3000);
        let (arena, pools) = (Arena::new()?, Pools::new(files));
        let source = Source::new(random, arena, &pools, orders.shared, record);
        Some(Self { source, orders, depth: 0, left })
    }

    /// Draws a call.
    fn draw(&mut self) -> Option<&'static Call> {
        loop {
            let random = &mut self.source.random;
            if random.once_in(150) {
                return None;
            }
            // By the number of calls in a group, since what is drawn is a call.
            let all = GROUPS.iter().map(|group| group.len() as u64).sum();
            let mut place = random.below(all);
            for group in GROUPS {
                if let Some(call) = usize::try_from(place).ok().and_then(|place| group.get(place)) {
                    if random.once_in(call.rarity) {
                        return Some(call);
                    }
                    break;
                }
                place = place.saturating_sub(group.len() as u64);
            }
        }
    }

    /// Makes one call.
    fn step(&mut self) {
        let call = self.draw();
        let source = &mut self.source;
        source.mood = match source.random.below(10) {
            0..6 => Mood::Good,
            6..9 => Mood::Mixed,
            _ => Mood::Bad,
        };
        source.given = Given::default();
        source.arena.begin(&mut source.random);
        let mut arguments = [0; 6];
        let number = if let Some(call) = call {
            for (argument, kind) in arguments.iter_mut().zip(call.takes) {
                *argument = source.argument(*kind);
            }
            call.number.cast_unsigned()
        } else {
            for argument in &mut arguments {
                *argument =
                    if source.random.once_in(2) { source.place(64) } else { border(&mut source.random) };
            }
            let number = source.random.below(NUMBERS);
            if is_described(number) { NUMBERS } else { number }
        };
        let slot = &source.record.slots[self.orders.slot];
        let begun = slot.begin(number, &arguments);
        while self.orders.is_traced && slot.shown.load(Relaxed) <= begun {
            thread::yield_now();
        }
        let result = match call.map(|call| call.gives) {
            Some(Gives::Shortlived) => entry::call_and_end(number, arguments),
            _ => entry::call(number, arguments),
        };
        if call.is_some_and(|call| call.gives == Gives::Process) && result == 0 {
            self.become_child();
            return;
        }
        let slot = &self.source.record.slots[self.orders.slot];
        slot.end(begun, result);
        let is_number = call.is_none_or(|call| call.gives == Gives::Anything);
        self.source.record.count(number, result, is_number);
        if let Some(call) = call
            && !(u64::MAX - 4095..=u64::MAX).contains(&result)
        {
            self.learn(call, &arguments, result);
        }
    }

    /// Keeps what a call gave.
    fn learn(&mut self, call: &Call, arguments: &[u64; 6], result: u64) {
        let pools = &mut self.source.pools;
        match call.gives {
            Gives::File(class) => pools.files.set(result, Some(class)),
            Gives::Again => {
                let class = pools.files.class(arguments[0]);
                pools.files.set(result, class);
            }
            Gives::Becomes(class) => pools.files.set(arguments[0], Some(class)),
            Gives::Pair(class, argument) => {
                let place = arguments.get(argument).copied().unwrap_or(0);
                for end in [place, place + 4] {
                    let number = i64::from(self.source.arena.integer(end)).cast_unsigned();
                    pools.files.set(number, Some(class));
                }
            }
            Gives::Process | Gives::Shortlived => pools.processes.add(result),
            Gives::Mapping => pools.mappings.add(result),
            Gives::Watch => pools.watches.add(result),
            Gives::Object => pools.objects.add(result),
            Gives::Timer(argument) => {
                let place = arguments.get(argument).copied().unwrap_or(0);
                pools.timers.add(i64::from(self.source.arena.integer(place)).cast_unsigned());
            }
            Gives::Nothing | Gives::Anything => {}
        }
    }

    /// Goes on as the child that this caller has just become.
    fn become_child(&mut self) {
        self.orders.slot = WORKERS;
        self.orders.is_traced = false;
        self.source.random = Random::new(self.source.random.any() ^ 1);
        self.depth += 1;
        self.left = if self.depth > 2 { 0 } else { self.source.random.below(OF_A_CHILD) };
        if self.left == 0 {
            end(0);
        }
    }

    /// Sets right what calls made of signals and the timer.
    fn set_right(&mut self) {
        let arena = &mut self.source.arena;
        let place = arena.room(&mut self.source.random, 64);
        let call = |number: i64, arguments| entry::call(number.cast_unsigned(), arguments);
        // Signals have a handler, but those of faults, and those that can have none.
        for signal in (1..=64_u64).filter(|signal| ![4, 5, 7, 8, 9, 11, 19].contains(signal)) {
            let words = [entry::handler_address(), 0x0400_0000, entry::restorer_address(), 0];
            for (number, word) in (0_u64..).zip(words) {
                arena.put(place + 8 * number, word);
            }
            call(libc::SYS_rt_sigaction, [signal, place, 0, 8, 0, 0]);
        }
        arena.put(place, 0);
        call(libc::SYS_rt_sigprocmask, [2, place, 0, 8, 0, 0]);
        for (number, word) in (0_u64..).zip([0, 15_000, 0, 15_000]) {
            arena.put(place + 8 * number, word);
        }
        call(libc::SYS_setitimer, [0, place, 0, 0, 0, 0]);
    }

    /// Makes calls until they are used up.
    fn run(&mut self) {
        while self.left > 0 {
            if self.left.is_multiple_of(100) && self.depth == 0 {
                self.set_right();
            }
            self.left -= 1;
            self.step();
        }
        if self.depth > 0 {
            end(0);
        }
    }
}

/// Whether a call with this number is described, and so is not made without a description.
fn is_described(number: u64) -> bool {
    let mut all = GROUPS.iter().flat_map(|group| group.iter());
    all.any(|call| call.number.cast_unsigned() == number)
}

/// Ends this process.
fn end(status: i32) -> ! {
    // SAFETY: nothing is to be done at the end.
    unsafe { libc::_exit(status) }
}

/// Becomes an ordinary user in a session of its own, which may use little.
fn give_up_rights(user: u64) {
    let user = u32::try_from(user).unwrap_or(u32::MAX);
    let limit = |resource, most| {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: a limit that is there.
        unsafe { libc::setrlimit(resource, &raw const limit) };
    };
    // SAFETY: plain system calls; a worker that keeps root's rights ends.
    unsafe {
        libc::setsid();
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        for number in 0..3 {
            libc::dup2(null, number);
        }
        libc::close(null);
        libc::umask(0);
        if libc::chdir(c"/tmp/fuzz/work".as_ptr()) != 0
            || libc::setgroups(0, std::ptr::null()) != 0
            || libc::setgid(user) != 0
            || libc::setuid(user) != 0
            || libc::setuid(0) == 0
        {
            end(99);
        }
    }
    limit(libc::RLIMIT_AS, 48 << 20);
    limit(libc::RLIMIT_FSIZE, 1 << 20);
    limit(libc::RLIMIT_NOFILE, 64);
    limit(libc::RLIMIT_NPROC, 40);
    limit(libc::RLIMIT_CORE, 0);
}

/// Does what a worker does, and ends.
pub(crate) fn work(orders: Orders, record: &'static Record, files: &[(Class, i32)]) -> ! {
    give_up_rights(crate::USERS[orders.slot % crate::USERS.len()]);
    let Some(mut caller) = Caller::new(orders, record, files) else { end(98) };
    // A descriptor of its own process, which it may do anything to.
    let own =
        entry::call(libc::SYS_pidfd_open.cast_unsigned(), [u64::from(std::process::id()), 0, 0, 0, 0, 0]);
    caller.source.pools.files.set(own, Some(Class::Process));
    let threads = if orders.has_threads { caller.source.random.number(&[0, 0, 1, 2, 3]) } else { 0 };
    for _ in 0..threads {
        let seed = caller.source.random.any();
        let source = &caller.source;
        let source = Source::new(Random::new(seed), source.arena, &source.pools, orders.shared, record);
        let mut other = Caller { source, orders, depth: 0, left: 100 + caller.left / 2 };
        let _ = thread::Builder::new().stack_size(96 << 10).spawn(move || other.run());
    }
    caller.run();
    match caller.source.random.below(4) {
        // The first thread ends before the others.
        0 => entry::call(libc::SYS_exit.cast_unsigned(), [0; 6]),
        1 => entry::call(libc::SYS_kill.cast_unsigned(), [u64::from(std::process::id()), 9, 0, 0, 0, 0]),
        _ => end(0),
    };
    end(0)
}

/// Does what a worker's child does that has become this program anew.
pub(crate) fn leaf(seed: u64) -> ! {
    let Some(record) = Record::new() else { end(98) };
    let Some(shared) = crate::arena::map(crate::arena::PAGE, libc::MAP_SHARED) else { end(98) };
    let orders = Orders { seed, slot: WORKERS, has_threads: false, is_traced: false, shared };
    let Some(mut caller) = Caller::new(orders, record, &[]) else { end(98) };
    caller.depth = 2;
    caller.left = 3 * OF_A_CHILD;
    caller.run();
    end(0)
}
