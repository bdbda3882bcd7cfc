//! The run-time checker in this kernel: the checked kernel only.
//!
//! Typed locks tell the library's checker by themselves. Here is what is the kernel's: leaves, under which nothing may
//! be acquired; interrupt handlers, which begin a stack of their own; threads, which end with nothing held; and what
//! happens when something is wrong is handed down at boot: a panic that shows the report.

use core::panic::Location;

use lockorder::checker::{CHECKER, HeldLocks, LEAF_LEVEL, Mode, Request, Violation, Wait, hooks};
use lockorder::{ClassInfo, ClassNumber, OrderKind, Platform};

use crate::leaves::Leaf;
use crate::platform::Machine;

/// A leaf as the checker knows it: inside of every rank.
const fn leaf(name: &'static str) -> ClassInfo {
    ClassInfo {
        name,
        level: LEAF_LEVEL,
        rank: u16::MAX,
        order: OrderKind::None,
        doc: "",
        module: module_path!(),
        sibling: None,
        platform: lockorder::PlatformInfo::of::<Machine>(),
        number: ClassNumber::none(),
    }
}

/// The leaves, by number.
static LEAVES: [ClassInfo; Leaf::ALL.len()] = {
    let mut infos = [const { leaf("") }; Leaf::ALL.len()];
    let mut index = 0;
    while index < infos.len() {
        infos[index].name = Leaf::ALL[index].name();
        index += 1;
    }
    infos
};

/// Has violations end in `sink`. Once, at boot.
pub(crate) fn start(sink: fn(&Violation<'_>)) {
    CHECKER.set_sink(sink);
}

/// A leaf is about to be acquired, interrupts off.
pub(crate) fn acquire_leaf(leaf: Leaf, lock: usize) {
    let class = hooks::number_of(&LEAVES[leaf as usize]);
    let (mode, wait) = (Mode::Exclusive, Wait::InterruptsOff);
    let request = Request { class, lock, mode, wait, tried: false, key: 0, place: Location::caller() };
    let _ = Machine::with_held_locks(|held| {
        held.interrupts_off();
        CHECKER.acquire::<Machine>(held, &request);
    });
}

/// A leaf is free again.
pub(crate) fn release_leaf(leaf: Leaf, lock: usize) {
    let class = hooks::number_of(&LEAVES[leaf as usize]);
    let _ = Machine::with_held_locks(|held| {
        CHECKER.release(held, class, lock, Location::caller());
        held.interrupts_on();
    });
}

/// Runs an interrupt handler on top of what was interrupted.
pub(crate) fn in_handler(handle: impl FnOnce()) {
    let boundary = Machine::with_held_locks(HeldLocks::enter_interrupt);
    handle();
    if let Some(boundary) = boundary
        && Machine::with_held_locks(|held| held.leave_interrupt(boundary)) == Some(false)
    {
        panic!("an interrupt handler left a lock held");
    }
}

/// A thread ends: nothing may be held.
pub(crate) fn assert_none_held(held: &HeldLocks) {
    CHECKER.assert_none_held(held, Location::caller());
}
