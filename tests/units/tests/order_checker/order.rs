//! What is in order is silent, and is remembered as it was seen.

use lockorder::OrderKind;
use lockorder::checker::{Mode, Request};
use unit_tests::watch::{Name, Watched};

#[test]
fn one_order_kept_by_all_is_silent() {
    let thread = Watched::new();
    let [a, b, c, d] = thread.locks();
    (0..3).for_each(|_| thread.nest(&[a, b, c, d]));
    thread.nest(&[a, c]);
    thread.nest(&[b, d]);
    assert_eq!(thread.problems(), []);
}

#[test]
fn every_pair_that_is_nested_is_an_edge() {
    let thread = Watched::new();
    let [a, b, c] = [thread.lock("A"), thread.lock("B"), thread.lock("C")];
    thread.nest(&[a, b, c]);
    assert_eq!(thread.edges(), [("A", "B"), ("A", "C"), ("B", "C")]);
}

#[test]
fn locks_that_are_not_nested_have_no_order() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    for _ in 0..2 {
        thread.nest(&[a]);
        thread.nest(&[b]);
        thread.nest(&[a]);
    }
    assert_eq!((thread.edges(), thread.problems()), (vec![], vec![]));
}

#[test]
fn two_ways_to_one_lock_are_no_cycle() {
    let thread = Watched::new();
    let [top, left, right, bottom] = thread.locks();
    thread.nest(&[top, left, bottom]);
    thread.nest(&[top, right, bottom]);
    thread.nest(&[left, right]);
    assert_eq!(thread.problems(), []);
}

#[test]
fn what_was_released_orders_nothing_any_more() {
    let thread = Watched::new();
    let [a, b, c] = [thread.lock("A"), thread.lock("B"), thread.lock("C")];
    thread.acquire(a);
    thread.acquire(b);
    thread.release(a);
    thread.acquire(c);
    thread.release(b);
    thread.release(c);
    assert_eq!(thread.edges(), [("A", "B"), ("B", "C")], "C was acquired under A no more");
    assert_eq!(thread.held().depth(), 0);
}

#[test]
fn the_order_belongs_to_classes_and_not_to_locks() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    let other = |name: Name| Name { address: name.address + 0x40, ..name };
    thread.nest(&[a, b]);
    thread.nest(&[other(a), other(b)]);
    assert_eq!((thread.edges().len(), thread.problems()), (1, vec![]));
}

#[test]
fn locks_of_a_class_with_keys_go_up() {
    let thread = Watched::new();
    let class = thread.class("Inode", OrderKind::Key);
    let names =
        [3_u8, 7, 9].map(|key| Name { class, address: 0x9000 - 0x40 * usize::from(key), key: key.into() });
    thread.nest(&names);
    assert_eq!(thread.problems(), [], "by key, whatever their addresses");
}

#[test]
fn locks_of_a_class_by_address_go_up() {
    let thread = Watched::new();
    let class = thread.class("Frame", OrderKind::Address);
    thread.nest(&[0x1000, 0x2000, 0x3000].map(|address| Name { class, address, key: 0 }));
    assert_eq!(thread.problems(), []);
}

#[test]
fn children_are_acquired_under_their_parents() {
    let thread = Watched::new();
    let class = thread.class("Directory", OrderKind::Tree);
    thread.nest(&[0x3000, 0x1000, 0x2000].map(|address| Name { class, address, key: 0 }));
    assert_eq!(thread.problems(), []);
}

#[test]
fn what_is_only_tried_is_no_order_from_what_was_held() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.acquire(a);
    thread.try_acquire(b);
    thread.release(b);
    thread.release(a);
    assert_eq!(thread.edges(), [], "nobody waits for what is only tried");
    thread.nest(&[b, a]);
    assert_eq!(thread.problems(), []);
}

#[test]
fn what_is_acquired_under_a_tried_lock_is_ordered_after_it() {
    let thread = Watched::new();
    let [a, b] = [thread.lock("A"), thread.lock("B")];
    thread.try_acquire(a);
    thread.acquire(b);
    thread.release(b);
    thread.release(a);
    assert_eq!(thread.edges(), [("A", "B")]);
}

#[test]
fn a_recursive_reader_comes_again_in_silence() {
    let thread = Watched::new();
    let [a] = thread.locks();
    let read = Request { mode: Mode::SharedRecursive, ..thread.request(a) };
    thread.acquire_as(&read);
    thread.acquire_as(&read);
    assert_eq!((thread.problems(), thread.held().depth()), (vec![], 2));
    thread.release(a);
    thread.release(a);
}

#[test]
fn no_order_connects_a_handler_with_what_it_interrupted() {
    let thread = Watched::new();
    let [a, b] = thread.locks();
    thread.acquire(a);
    let boundary = thread.held().enter_interrupt();
    let wait = lockorder::checker::Wait::InterruptsOff;
    thread.acquire_as(&Request { wait, ..thread.request(b) });
    thread.release(b);
    assert!(thread.held().leave_interrupt(boundary), "the handler leaves nothing held");
    thread.release(a);
    assert_eq!((thread.edges(), thread.problems()), (vec![], vec![]));
}
