//! Tests of breakages: a text in, changed texts out.

use super::{Breakage, Kind, all, question, twins};
use crate::edit::Changed;
use crate::places::{Place, find};
use crate::signatures::Signatures;

/// The places and the breakages of a text.
fn broken(text: &str) -> (Vec<Place>, Vec<Breakage>) {
    let mut signatures = Signatures::default();
    let file = syn::parse_file(text).unwrap();
    signatures.read(&file);
    let places = find(&file, &signatures);
    let breakages = all(text, &places, "Machine");
    (places, breakages)
}

/// The first attempt of each breakage of a kind, without the module's path.
fn texts(text: &str, kind: Kind) -> Vec<String> {
    let (_, breakages) = broken(text);
    let of_kind = breakages.into_iter().filter(|breakage| breakage.kind == kind);
    let changed = of_kind.map(|breakage| Changed::new(text, breakage.attempts[0].clone()).unwrap().text);
    changed.map(|text| text.replace("crate::swapped::", "")).collect()
}

#[test]
fn a_lock_further_in_is_put_around_the_token() {
    let text = "fn f(held: Held) { let guard = held.lock(&A); }";
    let wanted = "fn f(held: Held) { let guard = kept(kept(held.lock(&SLEEPS_INNERMOST)).held()).lock(&A); }";
    assert_eq!(texts(text, Kind::MovedUnder), [wanted]);
    let text = "fn f(held: Held) { g(&mut held); g(held); }
        fn g<H: Before<A>, C: MaySleep>(held: &mut Held<'_, H, C>) {}";
    let texts = texts(text, Kind::PreemptionOff);
    for (new, wanted) in texts.iter().zip([
        "g(kept(kept(held.no_preempt::<Machine>()).held())); g(held);",
        "g(&mut held); g(kept(kept(held.no_preempt::<Machine>()).held()));",
    ]) {
        assert!(new.contains(wanted), "{new}");
    }
    assert_eq!(texts.len(), 2);
}

#[test]
fn a_token_that_is_given_stays_given() {
    let text = "#[acquires(A)] fn g(held: Held) {} fn f(held: Held) { g(held.reborrow()); }";
    let new = &texts(text, Kind::MovedUnder)[0];
    assert!(new.ends_with("{ g(kept(held.reborrow().lock(&SLEEPS_INNERMOST)).held()); }"), "{new}");
}

#[test]
fn locks_change_places() {
    let text = "fn f(held: Held) { held.with(&A.one, |a, held| { held.lock(b) }); }";
    assert_eq!(
        texts(text, Kind::Exchanged),
        ["fn f(held: Held) { held.with(b, |a, held| { held.lock(&A.one) }); }"]
    );
    let text = "fn f(held: Held) { acquire!(held => a = x.a, b => { held.lock(c); }); }";
    let wanted = [
        "acquire!(held => a = (b), b = (x.a) => { held.lock(c); })",
        "acquire!(held => a = x.a, b = *c => { held.lock(&(b)); })",
        "acquire!(held => a = *c, b => { held.lock(&(x.a)); })",
    ];
    for (new, wanted) in texts(text, Kind::Exchanged).iter().zip(wanted) {
        assert!(new.contains(wanted), "{new}");
    }
}

#[test]
fn what_cannot_stand_in_the_others_place_comes_first() {
    let text = "fn f(held: Held) { let mut g = held.read(&A); let (_, mut held) = g.split(); shared.lock_b(&mut held); }";
    let new = &texts(text, Kind::Exchanged)[0];
    assert!(
        new.contains("let mut g = kept(kept(shared.lock_b(kept(held.reborrow()))).held()).read(&A);"),
        "{new}"
    );
}

#[test]
fn a_list_of_locks_is_broken_in_two() {
    let text = "fn f(held: Held) { acquire!(held => a = x.a, b = x.b => { work() }); }";
    let outer = "{ let mut held = kept(kept(held.lock(&SLEEPS_INNERMOST)).held()); ";
    assert_eq!(
        texts(text, Kind::MovedUnder),
        [
            format!("fn f(held: Held) {{ {outer}acquire!(held => a = x.a, b = x.b => {{ work() }}) }}; }}"),
            format!(
                "fn f(held: Held) {{ acquire!(held => a = x.a => {{ {outer}acquire!(held => b = x.b => {{ work() }}) }} }}); }}"
            ),
        ]
    );
}

#[test]
fn a_wait_is_given_another_guard() {
    let text = "fn f(held: Held) { let g = held.lock(&A); c.wait(g); }";
    let new = texts(text, Kind::InterruptsOff);
    assert!(new[1].contains("c.wait(interrupts_off(g))"), "{new:?}");
}

#[test]
fn a_handler_gets_a_plain_lock() {
    let text = "fn f(held: Root<'_, HardIrq>) { held.with(&A, |_, _| ()); }";
    assert_eq!(
        texts(text, Kind::PlainInHandler),
        ["fn f(held: Root<'_, HardIrq>) { held.with(plain(&A), |_, _| ()); }"]
    );
}

#[test]
fn questions_and_twins_stand_where_the_breakage_does() {
    let text = "fn f(held: Held) { held.lock(&A); }";
    let place = &broken(text).0[0];
    let changed = |edits| Changed::new(text, edits).unwrap().text.replace("crate::swapped::", "");
    assert_eq!(changed(question(place, text, "safe").unwrap()), "fn f(held: Held) { held.lock(safe(&A)); }");
    let twins: Vec<_> = twins(place, text, &["SPINS_0".to_owned()]).into_iter().map(changed).collect();
    assert_eq!(
        twins,
        [
            "fn f(held: Held) { kept(kept(held.lock(&SPINS_0)).held()).lock(&A); }",
            "fn f(held: Held) { kept(held.reborrow()).lock(&A); }",
        ]
    );
}
