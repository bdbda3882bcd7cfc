//! Blocks are disjoint, lists whole, and slabs come back when their last block does.

extern crate std;
use std::alloc::{Layout, alloc, dealloc};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use super::{ALIGN, FULL, Head, Heads, SLAB, Slabs, block_at};
use crate::mm::heap::magazines::SIZES;

#[derive(Debug, Default)]
struct Table(BTreeMap<usize, u16>);

impl Heads for Table {
    fn head(&self, slab: *mut u8) -> u16 {
        self.0[&slab.addr()]
    }
    fn set_head(&mut self, slab: *mut u8, head: u16) {
        self.0.insert(slab.addr(), head);
    }
}

const LAYOUT: Layout = match Layout::from_size_align(SLAB, SLAB) {
    Ok(layout) => layout,
    Err(_) => panic!("a slab has a layout"),
};

/// A class with the slabs that it has.
struct Class {
    slabs: Slabs<Table>,
    size: usize,
    mapped: BTreeSet<usize>,
}

impl Class {
    fn new(size: usize) -> Self {
        Self { slabs: Slabs::new(Table::default()), size, mapped: BTreeSet::new() }
    }

    /// Takes blocks, from a new slab where there are none.
    fn take(&mut self, count: usize) -> Vec<*mut u8> {
        let mut blocks = std::vec![core::ptr::null_mut(); count];
        let mut taken = self.slabs.take(&mut blocks);
        if taken == 0 {
            // SAFETY: a slab has a size.
            let slab = unsafe { alloc(LAYOUT) };
            // SAFETY: the slab is new.
            unsafe { slab.write_bytes(0xa5, SLAB) }
            slab.expose_provenance();
            self.mapped.insert(slab.addr());
            // SAFETY: the slab is new, of the layout.
            taken = unsafe { self.slabs.add(slab, self.size, &mut blocks) };
        }
        blocks.truncate(taken);
        for block in &blocks {
            // SAFETY: the block is the caller's.
            unsafe { block.write_bytes(0xff, self.size) }
        }
        blocks
    }

    fn give_back(&mut self, block: *mut u8) {
        // SAFETY: the block came from `take`, and the tests use it no more.
        if let Some(slab) = unsafe { self.slabs.give_back(block, SLAB / self.size) } {
            assert!(self.mapped.remove(&slab.addr()), "a slab comes back twice");
            // SAFETY: all of its blocks are back.
            unsafe { dealloc(slab, LAYOUT) }
        }
    }

    /// How many blocks are free; the list is whole, and each free block is named once.
    fn free(&self) -> usize {
        let (mut slab, mut previous, mut count) = (self.slabs.first, core::ptr::null_mut(), 0);
        while !slab.is_null() {
            assert!(self.mapped.contains(&slab.addr()));
            let first = self.slabs.head(slab).expect("a slab of the list has a head");
            // SAFETY: the head of a slab of the list.
            let head = unsafe { Head::read(first) };
            assert_eq!(head.previous, previous);
            let mut places = BTreeSet::from([super::place(first)]);
            let mut then = head.then;
            for _ in 1..head.free {
                assert_eq!(then * ALIGN % self.size, 0);
                assert!(places.insert(then), "a block is free twice");
                // SAFETY: a free block of the slab.
                then = unsafe { Head::read(block_at(slab, then)) }.then;
            }
            count += head.free;
            (previous, slab) = (slab, head.next);
        }
        count
    }
}

#[test]
fn blocks_of_every_class_are_disjoint_and_come_back_in_any_order() {
    for size in SIZES {
        let mut class = Class::new(size);
        let capacity = SLAB / size;
        let mut blocks = Vec::new();
        while blocks.len() < 5 * capacity {
            blocks.extend(class.take(7.min(capacity)));
        }
        let unique: BTreeSet<_> = blocks.iter().map(|block| block.addr()).collect();
        assert_eq!(unique.len(), blocks.len());
        let apart = unique.iter().zip(unique.iter().skip(1)).all(|(one, next)| next - one >= size);
        assert!(apart, "blocks of {size} bytes lie over each other");
        assert!(unique.iter().all(|address| address % ALIGN == 0 && address % SLAB + size <= SLAB));
        let count = blocks.len();
        assert_eq!(class.free() + count, class.mapped.len() * capacity);
        // A stride that meets each once.
        let stride = (count / 3..count).find(|stride| gcd(*stride, count) == 1).unwrap();
        for step in 0..count {
            class.give_back(blocks[step * stride % count]);
            assert_eq!(class.free() + count - step - 1, class.mapped.len() * capacity, "of {size} bytes");
        }
        assert!(class.mapped.is_empty() && class.slabs.first.is_null());
    }
}

fn gcd(one: usize, other: usize) -> usize {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[test]
fn a_slab_in_the_middle_of_the_list_leaves_it() {
    let mut class = Class::new(1024);
    let slabs: Vec<_> = (0..3).map(|_| class.take(4)).collect();
    assert_eq!(class.free(), 0, "all are full");
    assert!(class.mapped.iter().all(|&slab| class.slabs.heads.0[&slab] == FULL));
    for blocks in &slabs {
        class.give_back(blocks[1]);
    }
    for number in [0, 2, 3] {
        class.give_back(slabs[1][number]);
    }
    assert_eq!((class.free(), class.mapped.len()), (2, 2));
    let again = class.take(4);
    assert_eq!((again.len(), class.free()), (2, 0), "as many as there are");
    for block in
        again.into_iter().chain([0, 2].into_iter().flat_map(|slab| [0, 2, 3].map(|n| slabs[slab][n])))
    {
        class.give_back(block);
    }
    assert!(class.mapped.is_empty());
}

#[test]
fn a_random_walk_loses_nothing() {
    let mut state = 12345_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for size in [16, 48, 768, 2048] {
        let mut class = Class::new(size);
        let mut blocks = Vec::new();
        for _ in 0..3000 {
            if blocks.is_empty() || (blocks.len() < 600 && next(100) < 55) {
                blocks.extend(class.take(1 + next(16)));
            } else {
                class.give_back(blocks.swap_remove(next(blocks.len())));
            }
            assert_eq!(class.free() + blocks.len(), class.mapped.len() * (SLAB / size));
        }
        for block in blocks {
            class.give_back(block);
        }
        assert!(class.mapped.is_empty());
    }
}
