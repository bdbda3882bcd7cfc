//! The classes that have been seen, by number, and how each is used.

use core::panic::Location;
use core::sync::atomic::{AtomicPtr, AtomicU16, AtomicU32, Ordering};

use super::usage::USAGES;
use crate::held_locks::ClassId;
use crate::table::{ClassInfo, Rank};

/// The most classes there are, made at run time or not. Their rows take 82 bytes each, 328 KiB in all, under the feature
/// only.
pub const MOST_CLASSES: usize = 4096;

/// All classes.
pub(crate) struct Classes {
    infos: [AtomicPtr<ClassInfo>; MOST_CLASSES],
    count: AtomicU16,
    /// How each is used, bits of [`super::usage`].
    usage: [AtomicU32; MOST_CLASSES],
    /// Where each use was seen first.
    places: [[AtomicPtr<Location<'static>>; USAGES]; MOST_CLASSES],
}

impl Classes {
    pub(super) const fn new() -> Self {
        Self {
            infos: [const { AtomicPtr::new(core::ptr::null_mut()) }; MOST_CLASSES],
            count: AtomicU16::new(0),
            usage: [const { AtomicU32::new(0) }; MOST_CLASSES],
            places: [const { [const { AtomicPtr::new(core::ptr::null_mut()) }; USAGES] }; MOST_CLASSES],
        }
    }

    /// Adds a class; all that are too many share the last number.
    pub(super) fn add(&self, info: &'static ClassInfo) -> ClassId {
        let last = (MOST_CLASSES - 1) as u16;
        let number = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < last).then_some(count + 1));
        let number = number.unwrap_or(last);
        let info = core::ptr::from_ref(info).cast_mut();
        self.infos[usize::from(number)].store(info, Ordering::Release);
        ClassId(number)
    }

    /// What a number stands for.
    pub(super) fn info(&self, class: ClassId) -> Option<&'static ClassInfo> {
        // SAFETY: null, or stored by `add` from a static reference.
        unsafe { self.infos[class.index()].load(Ordering::Acquire).as_ref() }
    }

    /// A class's name.
    pub(super) fn name(&self, class: ClassId) -> &'static str {
        self.info(class).map_or("an unknown class", |info| info.name)
    }

    /// A class's rank.
    pub(super) fn rank(&self, class: ClassId) -> Rank {
        Rank(self.info(class).map_or(0, |info| info.rank))
    }

    /// All that have been added.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static ClassInfo> + '_ {
        (0..=self.count.load(Ordering::Acquire)).filter_map(|number| self.info(ClassId(number)))
    }

    /// How a class is used.
    pub(super) fn usage(&self, class: ClassId) -> u32 {
        self.usage[class.index()].load(Ordering::Relaxed)
    }

    /// Notes a use; under the checker's lock.
    pub(super) fn add_usage(&self, class: ClassId, bit: u32, place: &'static Location<'static>) {
        let place = core::ptr::from_ref(place).cast_mut();
        self.places[class.index()][bit.trailing_zeros() as usize].store(place, Ordering::Relaxed);
        self.usage[class.index()].fetch_or(bit, Ordering::Relaxed);
    }

    /// Where a use was seen first.
    pub(super) fn usage_place(&self, class: ClassId, bit: u32) -> Option<&'static Location<'static>> {
        // SAFETY: null, or stored by `add_usage` from a static reference.
        unsafe { self.places[class.index()][bit.trailing_zeros() as usize].load(Ordering::Relaxed).as_ref() }
    }

    /// Forgets how classes are used.
    pub(super) fn forget_usage(&self) {
        self.usage.iter().for_each(|usage| usage.store(0, Ordering::Relaxed));
    }
}
