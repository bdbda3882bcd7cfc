//! Each CPU's magazines: free blocks of the usual sizes, taken and given back without a lock.
//!
//! A magazine holds blocks of one size class (Bonwick and Adams, "Magazines and Vmem: Extending the Slab Allocator to Many CPUs
//! and Arbitrary Resources", USENIX 2001, section 3). It is its CPU's own: what is called with it runs with interrupts off and
//! is closed code. A CPU whose magazine is empty or full exchanges half of one with the heap behind, whose leaf then is taken
//! once for many blocks.
//!
//! A layout has a class where neither its size nor its alignment is more than [`LARGEST`]; others go to the heap behind. So the
//! layout that a block is given back with says where it belongs.

use core::alloc::Layout;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_irqs_off};

use crate::platform::Machine;
use machine::cpu::{self, Line, PerCpu};

/// Sizes of the blocks of each class.
pub(super) const SIZES: [usize; 13] = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048];
/// The largest block of a class.
const LARGEST: usize = SIZES[SIZES.len() - 1];
/// What every block is aligned to.
pub(super) const ALIGN: usize = 16;
/// The most blocks that a magazine holds.
const MOST: usize = 32;
/// The most bytes, where the blocks are small enough.
const MOST_BYTES: usize = 4096;
/// Half of the largest magazine: what is exchanged at once.
pub(super) const BATCH: usize = MOST / 2;

/// A class of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

/// The class of each size, in steps of [`ALIGN`].
const CLASSES: [Class; LARGEST / ALIGN + 1] = {
    let mut classes = [Class(0); LARGEST / ALIGN + 1];
    let (mut step, mut class) = (0, 0_u8);
    while step < classes.len() {
        if step * ALIGN > SIZES[class as usize] {
            class += 1;
        }
        classes[step] = Class(class);
        step += 1;
    }
    classes
};

/// How many blocks a magazine of each class holds.
const CAPACITIES: [usize; SIZES.len()] = {
    let mut capacities = [MOST; SIZES.len()];
    let mut class = 0;
    while class < SIZES.len() {
        if MOST_BYTES / SIZES[class] < MOST {
            capacities[class] = MOST_BYTES / SIZES[class];
        }
        class += 1;
    }
    capacities
};

impl Class {
    /// The class of a layout.
    #[inline]
    pub(super) const fn of(layout: Layout) -> Option<Self> {
        let size = if layout.align() <= ALIGN {
            layout.size()
        } else if layout.align() <= LARGEST && layout.size() <= LARGEST {
            // Blocks whose size is a power of two are aligned to it.
            let least = if layout.size() < layout.align() { layout.align() } else { layout.size() };
            least.next_power_of_two()
        } else {
            return None;
        };
        if size > LARGEST { None } else { Some(CLASSES[size.div_ceil(ALIGN)]) }
    }

    /// How many classes there are.
    pub(super) const COUNT: usize = SIZES.len();

    /// Its number.
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The size of its blocks.
    pub(super) const fn size(self) -> usize {
        SIZES[self.number()]
    }

    /// How many blocks a magazine of the class holds.
    const fn capacity(self) -> usize {
        CAPACITIES[self.number()]
    }

    /// How many blocks are exchanged with the heap behind at once.
    pub(super) const fn batch(self) -> usize {
        self.capacity() / 2
    }
}

/// Free blocks of one class.
struct Magazine {
    /// The first `count` are there.
    blocks: [*mut u8; MOST],
    count: usize,
}

impl Magazine {
    /// Takes the last blocks, `most` at most, into the beginning of `blocks`; gives how many they were.
    fn take_last(&mut self, most: usize, blocks: &mut [*mut u8; BATCH]) -> usize {
        let taken = self.count.min(most);
        self.count -= taken;
        blocks[..taken].copy_from_slice(&self.blocks[self.count..self.count + taken]);
        taken
    }
}

// SAFETY: a block in a magazine is nobody's but the magazine's.
unsafe impl Send for Magazine {}

/// One CPU's magazines, by their classes.
type Magazines = [Magazine; SIZES.len()];

static MAGAZINES: CpuLocal<Exclusive<Magazines>, Machine> = CpuLocal::new(
    [const {
        OwnLine::new(Exclusive::new(
            [const { Magazine { blocks: [ptr::null_mut(); MOST], count: 0 } }; SIZES.len()],
        ))
    }; MAXIMUM_CPUS],
);

/// Bytes in use, as far as each CPU has taken and given them back; the sum means something.
static IN_USE: PerCpu<AtomicUsize> = PerCpu::new([const { Line::new(AtomicUsize::new(0)) }; cpu::MAXIMUM]);

/// Counts bytes that are in use from here on, or, where `change` is a negative number as two's complements go, are not.
fn count(change: usize) {
    let counter = &IN_USE[cpu::current().index()];
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(change), Ordering::Relaxed);
}

/// Runs closed code on this CPU's magazine of a class; none where a fault has interrupted such code.
fn with_own<O>(class: Class, closed: impl FnOnce(&mut Magazine) -> O) -> Option<O> {
    // SAFETY: the closures of this module acquire nothing and do not sleep.
    unsafe {
        with_irqs_off::<Machine, _>(|evidence| {
            MAGAZINES.with_mut(evidence, |magazines| closed(&mut magazines[class.number()])).ok()
        })
    }
}

/// The same, with interrupts on.
fn count_here(change: usize) {
    // SAFETY: counting acquires nothing and does not sleep.
    unsafe { with_irqs_off::<Machine, _>(|_| count(change)) }
}

/// Counts bytes that are in use from here on.
pub(super) fn count_taken(bytes: usize) {
    count_here(bytes);
}

/// Counts bytes that are in use no more.
pub(super) fn count_given(bytes: usize) {
    count_here(bytes.wrapping_neg());
}

/// How many bytes are in use.
pub(super) fn in_use() -> usize {
    IN_USE.iter().fold(0, |sum, bytes| sum.wrapping_add(bytes.load(Ordering::Relaxed)))
}

/// A block of this CPU's magazine, counted as `bytes` in use.
#[inline]
pub(super) fn take(class: Class, bytes: usize) -> Option<*mut u8> {
    with_own(class, |magazine| {
        magazine.count = magazine.count.checked_sub(1)?;
        count(bytes);
        Some(magazine.blocks[magazine.count])
    })?
}

/// Gives a block of `bytes` back to this CPU's magazine; says whether it did. Where the magazine is full it does not.
#[inline]
pub(super) fn give_back(class: Class, block: *mut u8, bytes: usize) -> bool {
    let fits = with_own(class, |magazine| {
        let fits = magazine.count < class.capacity();
        if fits {
            count(bytes.wrapping_neg());
            magazine.blocks[magazine.count] = block;
            magazine.count += 1;
        }
        fits
    });
    fits == Some(true)
}

/// Takes half of this CPU's magazine of a class, if it is full, for the heap behind.
pub(super) fn take_surplus(class: Class, mut behind: impl FnMut(&[*mut u8])) {
    let mut blocks = [ptr::null_mut(); BATCH];
    let surplus = with_own(class, |magazine| {
        let surplus = if magazine.count < class.capacity() { 0 } else { class.batch() };
        magazine.take_last(surplus, &mut blocks)
    });
    behind(&blocks[..surplus.unwrap_or(0)]);
}

/// Puts blocks into this CPU's magazine, as far as they fit; gives how many did.
pub(super) fn fill(class: Class, blocks: &[*mut u8]) -> usize {
    with_own(class, |magazine| {
        let fit = blocks.len().min(class.capacity() - magazine.count);
        magazine.blocks[magazine.count..magazine.count + fit].copy_from_slice(&blocks[..fit]);
        magazine.count += fit;
        fit
    })
    .unwrap_or(0)
}

/// Empties this CPU's magazines, a batch at a time; says whether there was anything.
pub(super) fn flush(mut each: impl FnMut(Class, &[*mut u8])) -> bool {
    let mut any = false;
    for class in (0..SIZES.len()).filter_map(|number| u8::try_from(number).ok()).map(Class) {
        loop {
            let mut blocks = [ptr::null_mut(); BATCH];
            match with_own(class, |magazine| magazine.take_last(BATCH, &mut blocks)) {
                None | Some(0) => break,
                Some(taken) => each(class, &blocks[..taken]),
            }
            any = true;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use core::alloc::Layout;

    use super::{ALIGN, BATCH, Class, LARGEST, MOST, SIZES};

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("a layout")
    }

    #[test]
    fn a_block_of_the_class_is_large_and_aligned_enough() {
        for size in 1..=4096 {
            for align in [1, 2, 8, 16, 32, 64, 128, 1024, 2048, 4096] {
                let Some(class) = Class::of(layout(size, align)) else {
                    assert!(size > LARGEST || align > LARGEST, "{size} {align} has no class");
                    continue;
                };
                // Blocks lie side by side from the beginning of a page on.
                assert!(class.size() >= size, "{size} {align} gets {class:?}");
                assert_eq!(class.size() % align.min(ALIGN), 0);
                assert!(align <= ALIGN || class.size() % align == 0, "{size} {align} gets {class:?}");
            }
        }
    }

    #[test]
    fn every_size_is_a_class_of_its_own() {
        for (number, &size) in SIZES.iter().enumerate() {
            let class = Class::of(layout(size, 16)).expect("a class");
            assert_eq!((class.number(), class.size()), (number, size));
            assert!((2..=MOST).contains(&class.capacity()) && (1..=BATCH).contains(&class.batch()));
            assert_eq!(size % ALIGN, 0);
        }
        assert_eq!(Class::of(layout(LARGEST + 1, 1)), None);
    }
}
