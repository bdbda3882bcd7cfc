//! Steps of the reader-writer word, one after the other.

use super::read_write::{Entry, ReadWriteState, Reading, Waiter};

/// Registers as a reader.
fn register(state: &ReadWriteState) -> u64 {
    match state.ask_to_read() {
        Reading::Registered(phase) => phase,
        other => panic!("a writer is in or waits, and yet: {other:?}"),
    }
}

#[test]
fn a_writer_that_gives_up_does_not_end_a_phase_twice() {
    let state = ReadWriteState::new();
    assert!(state.enter_free());
    let first = register(&state);
    // SAFETY: entered above.
    assert!(unsafe { state.leave_exclusive(0) }, "readers wait");
    // The first reader is in and has not looked yet; a writer waits for it, and a second reader for the writer.
    let mut writer = Waiter::default();
    assert!(!state.try_entry(Entry::Exclusive, &writer));
    state.wait_as_writer(&mut writer);
    let second = register(&state);
    assert!(!state.is_let_in(second), "a writer waits");
    state.stop_waiting(&writer);
    assert!(state.is_let_in(first), "it was let in, and is not forgotten");
    assert!(state.is_let_in(second), "no writer waits any more");
    // SAFETY: both are readers.
    unsafe {
        state.leave_shared();
        state.leave_shared();
    }
    assert!(state.try_entry(Entry::Exclusive, &Waiter::default()), "nobody is in or waits: {state:?}");
}

#[test]
fn a_reader_that_gives_up_late_is_in() {
    let state = ReadWriteState::new();
    assert!(state.enter_free());
    let (stays, leaves) = (register(&state), register(&state));
    assert!(state.stop_reading(leaves), "the writer is in still");
    // SAFETY: entered above.
    assert!(unsafe { state.leave_exclusive(0) }, "readers wait");
    assert!(!state.stop_reading(stays), "it has been let in");
    // SAFETY: one reader is in.
    unsafe { state.leave_shared() };
    assert!(!state.is_held());
}
