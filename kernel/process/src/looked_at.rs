//! What is looked at of a process by those who show it.

use core::sync::atomic::Ordering;

use base::sched::core::current as carrier;
use base::sched::thread::State as Doing;
use fs::FilePosition;
use lockorder::{Held, Root, Task};

use crate::process::Process;
use crate::signal::dispositions::Member;
use crate::signal::number::Signal;

/// What stands in place of a handler where a signal is ignored.
const IGNORED: [u8; 8] = 1_u64.to_le_bytes();

impl Process {
    /// Whether one of its threads runs, or could.
    pub(crate) fn is_ready(&self, held: &mut Root<'_, Task>) -> bool {
        let own = carrier();
        held.with(&self.signals, |signals, _| {
            let mut carriers = signals.members().iter().map(|member| &member.carrier);
            carriers.any(|carrier| carrier.id() == own.id() || carrier.state() == Doing::Ready)
        })
    }

    /// The signals that wait for one of its threads, and those that it blocks.
    pub(crate) fn signals_of(&self, held: &mut Root<'_, Task>, thread: u32) -> (u64, u64) {
        held.with(&self.signals, |signals, _| {
            let member = signals.members().iter().find(|member| member.thread.id() == thread);
            let of =
                |member: &Member| (member.thread.pending.load(Ordering::SeqCst), member.thread.blocked());
            member.map_or((0, 0), of)
        })
    }

    /// The signals that wait for any of its threads.
    pub(crate) fn pending(&self) -> u64 {
        self.shared.pending()
    }

    /// The signals that it ignores, and those that it catches.
    pub(crate) fn ignored_and_caught(&self, held: &mut Root<'_, Task>) -> (u64, u64) {
        let (mut ignored, mut caught) = (0, 0);
        for signal in (1..=64).filter_map(|number| Signal::new(number).ok()) {
            let action = self.action(held, signal);
            if action.handler().is_some() {
                caught |= signal.bit();
            } else if action.encode().first_chunk() == Some(&IGNORED) {
                ignored |= signal.bit();
            }
        }
        (ignored, caught)
    }

    /// The number of the open file at a place in their order.
    pub(crate) fn descriptor_at(&self, held: &mut Held<'_, FilePosition, Task>, place: usize) -> Option<u64> {
        let descriptors = held.with(&self.descriptors, |own, _| own.clone())?;
        descriptors.number_at(held, place)
    }
}
