//! Blocks are given out once, found together again, and cut where runs are asked for.

extern crate std;
use std::collections::{HashMap, HashSet};
use std::vec::Vec;

use super::{FRAME_SIZE, FreeFrames, Link, ORDERS, PhysAddr, PhysFrame, Places, Purpose};
use crate::mm::frames::FIRST;
use machine::direct_map::DIRECT_MAP_END;

#[derive(Debug, Default)]
struct Table {
    links: HashMap<(PhysFrame, Link), Option<PhysFrame>>,
    orders: HashMap<PhysFrame, usize>,
}

impl Places for Table {
    fn link(&self, frame: PhysFrame, link: Link) -> Option<PhysFrame> {
        assert!(self.orders.contains_key(&frame), "{frame:?} is no free block");
        self.links[&(frame, link)]
    }
    fn set_link(&mut self, frame: PhysFrame, link: Link, to: Option<PhysFrame>) {
        self.links.insert((frame, link), to);
    }
    fn order(&self, frame: PhysFrame) -> Option<usize> {
        self.orders.get(&frame).copied()
    }
    fn set_order(&mut self, frame: PhysFrame, order: Option<usize>) {
        match order {
            Some(order) => assert_eq!(self.orders.insert(frame, order), None, "{frame:?} is free twice"),
            None => assert!(self.orders.remove(&frame).is_some(), "{frame:?} was no free block"),
        }
    }
}

fn frames(ranges: &[(u64, u64)]) -> FreeFrames<Table> {
    let mut frames = FreeFrames::new(Table::default());
    for &(start, end) in ranges {
        frames.add(&(PhysAddr::new(start)..PhysAddr::new(end)), &(FIRST..DIRECT_MAP_END));
    }
    frames
}

/// Frames, `most` at most.
fn some(frames: &mut FreeFrames<Table>, most: u64, purpose: Purpose) -> Vec<PhysFrame> {
    let mut given = Vec::new();
    frames.allocate_some(most, purpose, |frame| given.push(frame));
    given
}

/// Every frame that can be had one by one.
fn all(frames: &mut FreeFrames<Table>) -> Vec<PhysFrame> {
    core::iter::from_fn(|| some(frames, 1, Purpose::Kernel).pop()).collect()
}

/// The frames of the free blocks, each of which is consistent with its list.
fn in_blocks(frames: &FreeFrames<Table>) -> u64 {
    let mut count = 0;
    for order in 0..ORDERS {
        let (mut next, mut previous) = (frames.blocks[order], None);
        while let Some(frame) = next {
            assert_eq!(
                frames.places.link(frame, Link::Previous),
                previous,
                "the list of order {order} at {frame:?}"
            );
            assert_eq!(frames.places.order(frame), Some(order));
            assert_eq!(
                frame.start_address().as_u64() % (FRAME_SIZE << order),
                0,
                "{frame:?} of order {order}"
            );
            count += 1 << order;
            (previous, next) = (next, frames.places.link(frame, Link::Next));
        }
    }
    assert_eq!(count + frames.never_used.total() / FRAME_SIZE, frames.free);
    count
}

#[test]
fn every_frame_is_given_out_once_and_again_after_it_came_back() {
    let mut frames = frames(&[(0, 0x10_0000), (0x20_0800, 0x20_4000), (0x40_0000, 0x40_2fff)]);
    assert_eq!(frames.free, 3 + 2, "whole frames above one megabyte");
    let first = all(&mut frames);
    let set: HashSet<_> = first.iter().copied().collect();
    assert_eq!((first.len(), set.len(), frames.free), (5, 5, 0));
    for &frame in &first {
        frames.give_back(frame);
    }
    assert_eq!(in_blocks(&frames), 5);
    assert_eq!(all(&mut frames).into_iter().collect::<HashSet<_>>(), set);
}

#[test]
fn a_map_of_many_pieces_loses_the_smallest_only() {
    // 40 pieces of one frame, then one of a gibibyte.
    let mut map: Vec<_> = (1..=40).map(|piece| (piece << 24, (piece << 24) + FRAME_SIZE)).collect();
    map.push((1 << 32, (1 << 32) + (1 << 30)));
    assert_eq!(frames(&map).free, 40 + (1 << 18));
}

#[test]
fn neighbours_come_from_one_range() {
    let mut frames = frames(&[(0x20_0000, 0x20_2000), (0x40_0000, 0x48_0000)]);
    let first = frames.allocate_run(16, 1, Purpose::Kernel).map(PhysFrame::start_address);
    assert_eq!(first, Some(PhysAddr::new(0x40_0000)));
    assert_eq!(frames.allocate_run(1 << 20, 1, Purpose::Kernel), None);
    assert_eq!(frames.allocate_run(u64::MAX, 1, Purpose::Kernel), None);
    assert_eq!(frames.allocate_run(1, 1 << 63, Purpose::Kernel), None);
    assert_eq!(frames.free, 2 + 0x80 - 16);
}

#[test]
fn neighbours_find_together_in_any_order() {
    // Four mebibytes and two frames beside them.
    let mut frames = frames(&[(0x3f_f000, 0x80_1000)]);
    let mut taken = all(&mut frames);
    assert_eq!(frames.allocate_run(2, 1, Purpose::Kernel), None);
    // A stride that meets each once.
    let count = taken.len();
    for step in 0..count {
        let place = step * 389 % count;
        frames.give_back(taken[place]);
        in_blocks(&frames);
    }
    taken.clear();
    let run = frames.allocate_run(1024, 1024, Purpose::Kernel).map(PhysFrame::start_address);
    assert_eq!(run, Some(PhysAddr::new(0x40_0000)));
    assert_eq!(in_blocks(&frames), 2);
}

#[test]
fn a_run_is_no_longer_than_asked_for_and_aligned() {
    let mut frames = frames(&[(0x21_3000, 0x100_0000)]);
    let before = frames.free;
    let mut runs = Vec::new();
    let mut used = HashSet::new();
    for (count, alignment) in [(1, 1), (3, 1), (5, 8), (1, 64), (17, 1), (1024, 1), (1025, 1), (2, 16)] {
        let first = frames.allocate_run(count, alignment, Purpose::Kernel).expect("memory is there");
        assert_eq!(first.start_address().as_u64() % (alignment * FRAME_SIZE), 0);
        assert!((0..count).all(|number| used.insert(first + number)), "{count} overlap others");
        runs.push((first, count));
        in_blocks(&frames);
    }
    assert_eq!(frames.free, before - used.len() as u64);
    for (first, count) in runs {
        frames.give_back_run(first, count);
        in_blocks(&frames);
    }
    assert_eq!(frames.free, before);
    let singles = all(&mut frames);
    assert_eq!(singles.len() as u64, before);
    assert_eq!(singles.into_iter().collect::<HashSet<_>>().len() as u64, before);
}

#[test]
fn a_block_does_not_join_what_is_in_use_or_smaller() {
    let mut frames = frames(&[(0x20_0000, 0x20_4000)]);
    let taken = all(&mut frames);
    // The second pair is half free.
    for index in [0, 1, 2] {
        frames.give_back(taken[index]);
    }
    assert_eq!(frames.allocate_run(4, 1, Purpose::Kernel), None);
    let pair = frames.allocate_run(2, 1, Purpose::Kernel).map(PhysFrame::start_address);
    assert_eq!(pair, Some(PhysAddr::new(0x20_0000)));
    assert_eq!(in_blocks(&frames), 1);
}

#[test]
fn the_kernel_has_a_reserve() {
    let mut frames = frames(&[(0x20_0000, 0x60_0000)]);
    let mut count = |purpose| some(&mut frames, 2000, purpose).len();
    assert_eq!(count(Purpose::User), 1024 - 32);
    assert_eq!(count(Purpose::Block), 16);
    assert_eq!(count(Purpose::Kernel), 16);
    assert_eq!(frames.allocate_run(1, 1, Purpose::Block), None);
}

#[test]
fn tables_come_from_the_end_and_are_no_frames() {
    let mut frames = frames(&[(0x20_0000, 0x60_0000)]);
    assert_eq!(frames.take_for_tables(FRAME_SIZE + 1), Some(PhysAddr::new(0x5f_e000)));
    assert_eq!((frames.free, frames.total), (1022, 1022));
    frames.forget(&(PhysAddr::new(0x20_0000)..PhysAddr::new(0x30_0000)));
    assert_eq!((frames.free, frames.total), (1022 - 256, 1022 - 256));
}

#[test]
fn many_are_given_once_and_small_blocks_first() {
    let mut frames = frames(&[(0x40_0000, 0x80_0000)]);
    let mut taken = all(&mut frames);
    let kept = taken.split_off(5);
    // A single one, two pairs, and beyond what is kept a block of 512.
    kept[507..].iter().chain(&taken).for_each(|&frame| frames.give_back(frame));
    let free = in_blocks(&frames);
    let mut given = some(&mut frames, 7, Purpose::Kernel);
    assert_eq!(given.len(), 7);
    assert!(taken.iter().all(|frame| given.contains(frame)), "the small blocks go first: {given:?}");
    in_blocks(&frames);
    given.extend(some(&mut frames, u64::MAX, Purpose::Kernel));
    assert_eq!(given.len() as u64, free);
    let unique: HashSet<_> = given.into_iter().collect();
    assert_eq!((unique.len() as u64, frames.free), (free, 0));
    assert!(kept[..507].iter().all(|frame| !unique.contains(frame)));
}
