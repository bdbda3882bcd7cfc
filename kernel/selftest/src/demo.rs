//! The demonstration: every CPU takes locks of all eight levels, in order, at once.
//!
//! Four paths, each after something a kernel does. Every lock protects a number that each passage adds one to
//! without atomics, so that a lock that lets two CPUs in, or a path that takes the wrong lock, shows in the
//! sums. Then a dynamic path, whose order no type can know, wants a lock that its order forbids, and is
//! refused at run time.

use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{
    Acquire, After, Class, Held, IrqSpinLock, Lock, Nothing, OrderViolation, RawLock, Root, SpinLock, Task,
    UsableIn, acquire, acquires,
};

use super::FAILED;
use crate::classes::{
    AddressSpace, BlockQueue, DescriptorTable, Directory, Inode, Interface, PageCache, Pipe, ProcessTree,
    RandomPool, Socket,
};
use base::cpu;
use base::cpu::CpuIndex;
use base::levels::Scheduler;
use base::sched::inbox::WAKE_VECTOR;
use base::sched::timer::TIMER_VECTOR;
use base::{interrupt, record, sched};

/// How often each CPU goes through the four paths.
const ROUNDS: u64 = 2000;

/// The state that the paths share. Each lock protects the number of passages through it.
#[derive(Acquire)]
struct Shared {
    process_tree: SpinLock<ProcessTree, u64>,
    address_space: SpinLock<AddressSpace, u64>,
    pipe: SpinLock<Pipe, u64>,
    directory: SpinLock<Directory, u64>,
    #[acquire(skip)]
    inodes: [SpinLock<Inode, u64>; 2],
    page_cache: SpinLock<PageCache, u64>,
    block_queue: IrqSpinLock<BlockQueue, u64>,
    interface: SpinLock<Interface, u64>,
    socket: SpinLock<Socket, u64>,
    random_pool: SpinLock<RandomPool, u64>,
    descriptor_table: SpinLock<DescriptorTable, u64>,
}

static SHARED: Shared = Shared {
    process_tree: SpinLock::new(0),
    address_space: SpinLock::new(0),
    pipe: SpinLock::new(0),
    directory: SpinLock::new(0),
    inodes: [SpinLock::with_key(2, 0), SpinLock::with_key(7, 0)],
    page_cache: SpinLock::new(0),
    block_queue: IrqSpinLock::new(0),
    interface: SpinLock::new(0),
    socket: SpinLock::new(0),
    random_pool: SpinLock::new(0),
    descriptor_table: SpinLock::new(0),
};

/// Pairs of locks that the class could not order; there must be none.
static UNORDERED_PAIRS: AtomicU64 = AtomicU64::new(0);

/// A new process: its place in the tree, its address space, its open files.
#[acquires(Scheduler; atomic)]
fn fork(held: Held, shared: &Shared) {
    acquire!(held => tree = shared.process_tree, space = shared.address_space, files = shared.descriptor_table => {
        *tree += 1;
        *space += 1;
        *files += 1;
    });
}

/// A write to a file: the file, its page, the disk. The accessors are generated.
#[acquires(Inode; atomic)]
fn write(held: Held, shared: &Shared) {
    let mut inode = held.lock(&shared.inodes[0]);
    let (writes, mut held) = inode.split();
    let mut cache = shared.lock_page_cache(&mut held);
    let (pages, mut held) = cache.split();
    *writes += 1;
    *pages += 1;
    *shared.lock_block_queue(&mut held) += 1;
}

/// A rename: the directory, then two files in the order of their numbers, named in either order.
#[acquires(Directory; atomic)]
fn rename(held: Held, shared: &Shared, cpu: CpuIndex) {
    let [one, other] = &shared.inodes;
    let (source, target) = if cpu.get().is_multiple_of(2) { (one, other) } else { (other, one) };
    held.with(&shared.directory, |entries, mut held| {
        *entries += 1;
        match held.lock_pair(source, target) {
            Ok(mut pair) => {
                let ([source, target], _) = pair.split();
                *source += 1;
                *target += 1;
            }
            Err(_) => {
                UNORDERED_PAIRS.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
}

/// A message: the pipe, the network, and a random number for its sequence.
#[acquires(Pipe; atomic)]
fn send(held: Held, shared: &Shared) {
    acquire!(held => pipe = shared.pipe, interface = shared.interface, socket = shared.socket,
             random = shared.random_pool => {
        *pipe += 1;
        *interface += 1;
        *socket += 1;
        *random += 1;
    });
}

/// What every CPU does.
fn paths(held: Root<'_, Task>, cpu: CpuIndex) {
    let mut held = held;
    for _ in 0..ROUNDS {
        fork(held.reborrow(), &SHARED);
        write(held.reborrow(), &SHARED);
        rename(held.reborrow(), &SHARED, cpu);
        send(held.reborrow(), &SHARED);
    }
    base::println!("demo: cpu {cpu} has been through its {ROUNDS} rounds");
}

/// A path whose order is data: what a driver's table might say. Wants the inode under the block queue.
fn dynamic_path(held: Root<'_, Task>) -> Result<(), OrderViolation> {
    let mut held = held;
    let mut held = held.erase();
    let mut queue = held.lock(&SHARED.block_queue)?;
    let (_, held) = queue.split();
    held.check::<Inode>()
}

/// The number that a lock protects.
fn passed<L: Class + After<Nothing>, R: RawLock>(mut held: Root<'_, Task>, lock: &Lock<L, R, u64>) -> u64
where
    R::Kind: UsableIn<Task>,
{
    *held.lock(lock)
}

/// For each lock the number that it must have, and the one it has.
fn sums(mut held: Root<'_, Task>, cpus: u64) -> [(&'static str, u64, u64); 12] {
    let once = cpus * ROUNDS;
    let shared = &SHARED;
    [
        ("ProcessTree", once, passed(held.reborrow(), &shared.process_tree)),
        ("AddressSpace", once, passed(held.reborrow(), &shared.address_space)),
        ("Pipe", once, passed(held.reborrow(), &shared.pipe)),
        ("Directory", once, passed(held.reborrow(), &shared.directory)),
        ("Inode 2", 2 * once, passed(held.reborrow(), &shared.inodes[0])),
        ("Inode 7", once, passed(held.reborrow(), &shared.inodes[1])),
        ("PageCache", once, passed(held.reborrow(), &shared.page_cache)),
        ("BlockQueue", once, passed(held.reborrow(), &shared.block_queue)),
        ("Interface", once, passed(held.reborrow(), &shared.interface)),
        ("Socket", once, passed(held.reborrow(), &shared.socket)),
        ("RandomPool", once, passed(held.reborrow(), &shared.random_pool)),
        ("DescriptorTable", once, passed(held.reborrow(), &shared.descriptor_table)),
    ]
}

/// What the run-time checker has observed, beside what the types say: every acquisition under another one must be in
/// increasing rank. Says whether that is so.
#[cfg(feature = "checker")]
fn observed() -> bool {
    use lockorder::checker::CHECKER;

    for line in alloc::format!("{}", lockorder::statistics::snapshot()).lines() {
        base::println!("demo: {line}");
    }
    let (mut edges, mut right) = (0, true);
    CHECKER.each_edge(|outer, inner| {
        edges += 1;
        if outer.rank >= inner.rank {
            base::println!("demo: {} was acquired under {}, which no type allows", inner.name, outer.name);
            right = false;
        }
    });
    let mut never: alloc::vec::Vec<_> = lockorder::CLASSES.iter().map(|class| class.name).collect();
    CHECKER.each_class(|seen| never.retain(|&name| name != seen.name));
    base::println!("demo: {edges} orders were observed, all in increasing rank; never acquired: {never:?}");
    if right {
        record::marker("demo: types and checker agree");
    }
    right
}

/// Runs the demonstration; status 0 when all of it went as it must.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let cpus = cpu::online();
    base::println!("demo: {cpus} CPUs go through four paths over eight lock levels, {ROUNDS} times each");
    sched::on_every_cpu(&mut held, "demo", paths);

    let mut status = 0;
    for (name, expected, found) in sums(held.reborrow(), cpus as u64) {
        if expected != found {
            base::println!("demo: {name} was passed {found} times, and must have been {expected} times");
            status = FAILED;
        }
    }
    let unordered = UNORDERED_PAIRS.load(Ordering::Relaxed);
    if unordered != 0 {
        base::println!("demo: {unordered} pairs of inodes had no order");
        status = FAILED;
    }
    if status == 0 {
        base::println!("demo: all counters are right: no update was lost");
        record::marker("demo: counters are right");
    }
    let [wake_ups, timers] =
        [WAKE_VECTOR, TIMER_VECTOR].map(|vector| interrupt::count(held.reborrow(), vector));
    base::println!(
        "demo: {wake_ups} wake-up and {timers} timer interrupts, counted under an interrupt-safe lock"
    );
    #[cfg(feature = "checker")]
    if !observed() {
        status = FAILED;
    }
    if let Err(refused) = dynamic_path(held) {
        base::println!("demo: refused at run time: {refused}");
        record::marker("demo: dynamic path refused");
    } else {
        base::println!("demo: a dynamic path out of order was not refused");
        status = FAILED;
    }
    status
}
