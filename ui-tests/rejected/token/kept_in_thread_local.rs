//! A root is kept in a thread-local variable, past the end of its closure. Source: Starnix: storable tokens.
//!
//! error[E0521]: borrowed data escapes outside of closure
//! fix: pass it down

use lockorder::{Root, Task, with_root};
use std::cell::RefCell;

thread_local! {
    static TOKEN: RefCell<Option<Root<'static, Task>>> = const { RefCell::new(None) };
}

fn main() {
    with_root(|held| {
        TOKEN.with_borrow_mut(|token| *token = Some(held));
    });
}
