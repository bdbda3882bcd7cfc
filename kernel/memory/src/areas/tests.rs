//! The areas against a model that knows each page by itself.

use std::collections::BTreeMap;

use base::mm::user_tables::Protection;

use super::{Area, Areas, Handle, MOST, PAGE};
use crate::area::GUARD;

impl Handle for u32 {
    fn is(&self, other: &Self) -> bool {
        self == other
    }
}

/// What a page is: its protection, where it comes from, its number there.
type Kind = (Protection, Option<u32>, u64);

/// Pages by their numbers.
type Model = BTreeMap<u64, Kind>;

const PAGES: u64 = 64;

/// Puts an area where nothing is.
fn insert(areas: &mut Areas<u32>, area: Area<u32>) {
    areas.room().unwrap();
    areas.insert(area);
}

/// A sequence without a pattern (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn protection(&mut self) -> Protection {
        Protection::from_bits_truncate(u8::try_from(self.below(4)).unwrap())
    }
}

fn area(start: u64, end: u64, (protection, backing, first): Kind) -> Area<u32> {
    Area { backing, first, ..Area::anonymous(start * PAGE..end * PAGE, protection) }
}

/// The areas say what the model says, and no two of them could be one.
fn check(areas: &Areas<u32>, model: &Model) {
    let mut seen = Model::new();
    for area in areas.iter() {
        assert!(area.start < area.end);
        for page in area.start / PAGE..area.end / PAGE {
            let index = if area.backing.is_some() { area.index(page * PAGE) } else { 0 };
            assert!(seen.insert(page, (area.protection, area.backing, index)).is_none());
        }
    }
    assert_eq!(&seen, model);
    assert_eq!(areas.pages(), model.len() as u64);
    assert!(
        areas.iter().zip(areas.iter().skip(1)).all(|(one, next)| one.end <= next.start && !one.joins(next))
    );
}

/// The highest gap, page by page.
fn highest_gap(model: &Model, length: u64, low: u64, high: u64) -> Option<u64> {
    (low..=high.checked_sub(length)?).rev().find(|&start| model.range(start..start + length).next().is_none())
}

#[test]
fn areas_are_what_their_pages_are() {
    let mut random = Random(0x5eed);
    for _ in 0..60 {
        let (mut areas, mut model) = (Areas::new(), Model::new());
        let mut references = 0_usize;
        for _ in 0..300 {
            let start = random.below(PAGES);
            let end = start + 1 + random.below(9);
            let range = start * PAGE..end * PAGE;
            match random.below(4) {
                0 | 1 => {
                    let backing = (random.below(2) == 0).then(|| u32::try_from(random.below(2)).unwrap());
                    let kind = (random.protection(), backing, if backing.is_some() { start } else { 0 });
                    areas.remove(&range).unwrap();
                    insert(&mut areas, area(start, end, kind));
                    references += usize::from(backing.is_some());
                    for page in start..end {
                        model.insert(page, (kind.0, kind.1, if backing.is_some() { page } else { 0 }));
                    }
                }
                2 => {
                    areas.remove(&range).unwrap();
                    model.retain(|page, _| !(start..end).contains(page));
                }
                _ => {
                    let protection = random.protection();
                    areas.change(&range, |area| area.protection = protection).unwrap();
                    model.range_mut(start..end).for_each(|(_, kind)| kind.0 = protection);
                }
            }
            check(&areas, &model);
            let length = 1 + random.below(12);
            let (low, high) = (random.below(PAGES), random.below(PAGES + 10));
            let found = areas.gap(length * PAGE, &(low * PAGE..high * PAGE)).map(|at| at / PAGE);
            assert_eq!(found, highest_gap(&model, length, low, high));
            assert_eq!(areas.is_free(&range), model.range(start..end).next().is_none());
            assert_eq!(areas.is_covered(&range), model.range(start..end).count() as u64 == end - start);
            assert_eq!(areas.find(start * PAGE).is_some(), model.contains_key(&start));
        }
        assert!(references > 0 && !areas.gone.is_empty());
    }
}

#[test]
fn nothing_is_put_right_below_what_grows_down() {
    let mut areas = Areas::new();
    let top = 4096 * PAGE;
    let kind = (Protection::READ, None, 0);
    insert(&mut areas, Area { grows_down: true, ..area(4000, 4096, kind) });
    let low = 4000 * PAGE - GUARD;
    assert_eq!(areas.gap(PAGE, &(0..top)), Some(low - PAGE));
    assert_eq!(areas.gap(PAGE, &(0..4000 * PAGE)), Some(low - PAGE));
    assert!(areas.is_free(&(low - PAGE..low)));
    assert!(!areas.is_free(&(low - PAGE..low + PAGE)));
}

#[test]
fn references_are_neither_lost_nor_made_up() {
    let mut areas = Areas::new();
    insert(&mut areas, area(0, 9, (Protection::READ, Some(1), 0)));
    areas.change(&(3 * PAGE..6 * PAGE), |area| area.protection = Protection::WRITE).unwrap();
    assert_eq!((areas.count(), areas.gone.len()), (3, 0));
    areas.change(&(3 * PAGE..6 * PAGE), |area| area.protection = Protection::READ).unwrap();
    assert_eq!((areas.count(), areas.gone.len()), (1, 2));
    assert_eq!(areas.take_references().count(), 3);
}

#[test]
fn there_are_not_too_many() {
    let mut areas = Areas::new();
    let most = MOST as u64;
    for number in 0..most {
        insert(&mut areas, area(3 * number, 3 * number + 2, (Protection::READ, None, 0)));
    }
    assert!(areas.room().is_err());
    assert!(areas.remove(&(PAGE..2 * PAGE)).is_err());
    areas.remove(&(0..2 * PAGE)).unwrap();
    areas.remove(&(4 * PAGE..5 * PAGE)).unwrap();
}

#[test]
fn areas_grow_and_meet() {
    let mut areas = Areas::new();
    let kind = (Protection::READ, None, 0);
    insert(&mut areas, area(10, 12, kind));
    insert(&mut areas, area(20, 22, kind));
    areas.grow_down(1, 15 * PAGE);
    areas.grow_up(12 * PAGE, 15 * PAGE).unwrap();
    assert_eq!((areas.count(), areas.pages()), (1, 12));
}
