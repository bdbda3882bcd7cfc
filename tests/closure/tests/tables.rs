//! What the tables do not know is told, one thing after another.

use closure_tests::closure::{disagreements, table, workspace};
use closure_tests::expansions::Expansions;
use closure_tests::source::{Body, Source};
use closure_tests::waits::wrong;

/// The library as it is.
fn source() -> Source {
    Source::read(&workspace().join("lockorder/src"))
}

/// Whether one of the lines says all of these words.
fn told(lines: &[String], words: &[&str]) -> bool {
    lines.iter().any(|line| words.iter().all(|word| line.contains(word)))
}

#[test]
fn the_tables_and_the_source_agree() {
    let wrong = disagreements(&source(), &table());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(source().items.len() > 200, "{} items are read", source().items.len());
}

#[test]
fn a_function_that_nobody_knows_is_told() {
    let mut source = source();
    let mut fresh = source.item("Held::lock").expect("it is there").clone();
    "Held::regain".clone_into(&mut fresh.name);
    source.items.push(fresh);
    source.items.retain(|item| item.name != "Event::wait");
    let wrong = disagreements(&source, &table());
    assert!(told(&wrong, &["Held::regain", "no record"]), "{wrong:#?}");
    assert!(told(&wrong, &["Event::wait", "does not exist"]), "{wrong:#?}");
}

#[test]
fn a_position_a_core_and_a_guard_that_nobody_knows_are_told() {
    let mut source = source();
    for (of, name) in [("Level", "OnlyTokens"), ("RawLock", "Hasty")] {
        source.implementations.entry(of.to_owned()).or_default().insert(name.to_owned());
    }
    source.borrowing.insert("Key".to_owned());
    let wrong = disagreements(&source, &table());
    for name in ["OnlyTokens is a position", "Hasty is a lock core", "Key borrows"] {
        assert!(told(&wrong, &[name]), "{name}: {wrong:#?}");
    }
}

#[test]
fn a_function_that_is_safe_again_and_a_wait_without_a_row_are_told() {
    let mut source = source();
    let safe_again = ["RawWaitQueue::wait", "Lockable::acquire_held"];
    for item in &mut source.items {
        item.is_unsafe &= !safe_again.contains(&item.name.as_str());
    }
    let calls = ["without_serial_tokens".to_owned()].into();
    let (name, file) = ("WaitQueue::wait_in_secret".to_owned(), "blocking/wait_queue.rs".to_owned());
    source.bodies.push(Body { name, file, is_public: true, calls });
    for name in safe_again {
        assert!(told(&disagreements(&source, &table()), &[name, "not unsafe"]), "{name}");
    }
    let wrong = wrong(&table(), &source, &workspace().join("ui-tests/rejected"));
    assert!(told(&wrong, &["wait_in_secret", "no row"]), "{wrong:#?}");
}

#[test]
fn what_exported_macros_expand_to_is_argued_for() {
    let wrong = Expansions::read(&workspace()).disagreements(&table());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_macro_and_a_piece_of_one_that_nobody_knows_are_told() {
    let mut expansions = Expansions::read(&workspace());
    expansions.macros.insert("regained!".to_owned());
    let file = expansions.pieces.get_mut("entry.rs").expect("it is read");
    file.insert("unsafe { regained ( ) }".to_owned());
    file.remove("__entered_with_root");
    let wrong = expansions.disagreements(&table());
    for words in [
        &["regained!", "exported macro"][..],
        &["entry.rs", "unsafe { regained ( ) }", "nothing is argued"],
        &["entry.rs", "__entered_with_root", "does not expand"],
    ] {
        assert!(told(&wrong, words), "{words:?}: {wrong:#?}");
    }
}
