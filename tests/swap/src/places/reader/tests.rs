//! Tests of the reader: source in, places out.

use crate::places::{Family, How, Place, find};
use crate::signatures::Signatures;

/// What functions of these tests ask of their token.
const LIBRARY: &str = "
    fn sleep<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>, time: Duration) {}
    impl Thread { fn join<H: NothingHeld, C: MaySleep>(self, held: &mut Held<'_, H, C>) {} }
    impl Event { fn promise<H: Level, C: MaySleep>(&self, held: &mut Held<'_, H, C>, work: impl FnOnce()) where L: After<H> {} }
    impl Semaphore { fn acquire<H: Level, C: MaySleep>(&self, held: &mut Held<'_, H, C>) where L: After<H> {} }
    #[acquires(Inode; atomic)] fn write(held: Held) {}
";

/// The places of a text.
fn places(text: &str) -> Vec<Place> {
    let mut signatures = Signatures::default();
    signatures.read(&syn::parse_file(LIBRARY).unwrap());
    find(&syn::parse_file(text).unwrap(), &signatures)
}

/// Each place of a text in one line: the call, and the number of the place around it.
fn shown(text: &str) -> Vec<String> {
    let outer = |place: &Place| place.outer.map_or(String::new(), |outer| format!(" in {outer}"));
    places(text).iter().map(|place| format!("{}{}", &text[place.span.clone()], outer(place))).collect()
}

#[test]
fn closures_get_the_inner_token() {
    let text =
        "fn f(mut held: Root<'_, Task>) { held.with(&A, |a, mut held| { held.read(&B); }); held.lock(&C); }";
    let places = places(text);
    let locks: Vec<_> = places.iter().map(|place| &text[place.lock.clone().unwrap()]).collect();
    assert_eq!(locks, ["&A", "&B", "&C"]);
    assert_eq!(places.iter().map(|place| place.outer).collect::<Vec<_>>(), [None, Some(0), None]);
    assert_eq!(places[1].how, How::Verb { family: Family::ReadWrite });
    assert!(places.iter().all(|place| place.function == "f" && place.line == 1));
}

#[test]
fn guards_hand_tokens_out() {
    let text = "fn f(held: &mut Held<'_, H, C>) {
        let mut guard = held.lock(&A);
        let (data, mut held) = guard.split();
        if let Some(mut other) = held.try_lock(&B) { other.held().lock(&C); }
        match held.lock_pair(one, two) { Ok(mut pair) => { let ([x, y], mut held) = pair.split(); held.lock(&D); } Err(_) => {} }
    }
    fn g(mut held: Root<'_, Task>) { let mut held = held.below::<Inode>(); let mut held = held.to_task(); held.lock(&E); }";
    assert_eq!(
        shown(text),
        [
            "held.lock(&A)",
            "held.try_lock(&B) in 0",
            "other.held().lock(&C) in 1",
            "held.lock_pair(one, two) in 0",
            "held.lock(&D) in 3",
            "held.lock(&E)",
        ]
    );
    let places = places(text);
    assert_eq!(places[4].body, places[0].body);
    assert_ne!(places[5].body, places[0].body);
}

#[test]
fn names_are_shadowed() {
    let text = "fn f(mut held: Root<'_, Task>) {
        held.with(&A, |_, mut held| { spawn(move |mut held| { held.lock(&B); }); held.lock(&C); });
        other.lock(&D); map.get(&E);
    }";
    assert_eq!(shown(text)[1..], ["held.lock(&B)", "held.lock(&C) in 0"]);
}

#[test]
fn a_token_is_known_by_its_type_too() {
    let text = "fn f(token: &mut Held<'_, H, C>, map: &Map) { token.with(&A, |_, token: Held<'_, A, C>| token.lock(&B)); map.get(&E); }";
    assert_eq!(shown(text).len(), 2);
    assert_eq!(shown(text)[1], "token.lock(&B) in 0");
}

#[test]
fn calls_are_places_where_they_ask_something() {
    let text = "fn f(mut held: Root<'_, Task>) {
        sched::sleep(&mut held, SECOND); thread.join(held); write(held.reborrow()); paths(held); shared.lock_cache(&mut held);
        let (_permit, mut held) = ROOM.acquire(&mut held);
        event.promise(&mut held, |mut held| { held.lock(&B); });
    }";
    let places = places(text);
    assert_eq!(
        shown(text),
        [
            "sched::sleep(&mut held, SECOND)",
            "thread.join(held)",
            "write(held.reborrow())",
            "shared.lock_cache(&mut held)",
            "ROOM.acquire(&mut held)",
            "event.promise(&mut held, |mut held| { held.lock(&B); }) in 4",
            "held.lock(&B) in 5",
        ]
    );
    assert_eq!((&text[places[0].token.clone()], &text[places[0].bare.clone()]), ("&mut held", "held"));
    assert_eq!(
        places.iter().map(Place::is_ordered).collect::<Vec<_>>(),
        [false, true, true, true, true, true, true]
    );
    let sleeps = [Some(true), Some(true), Some(false), None, Some(true), Some(true), None];
    assert_eq!(places.iter().map(Place::sleeps).collect::<Vec<_>>(), sleeps);
    assert_eq!(places[3].how, How::Accessor);
}

#[test]
fn a_wait_is_given_its_guard() {
    let text = "fn f(mut held: Root<'_, Task>) {
        let mut items = held.lock(&ITEMS);
        while items.is_empty() { items = filled.wait(items); }
        let (guard, told) = filled.wait_for(held.lock(&ITEMS), SECOND);
    }";
    assert_eq!(
        shown(text),
        [
            "held.lock(&ITEMS)",
            "filled.wait(items) in 0",
            "held.lock(&ITEMS)",
            "filled.wait_for(held.lock(&ITEMS), SECOND) in 2",
        ]
    );
    assert_eq!(places(text)[1].how, How::Condition);
}

#[test]
fn the_locks_of_acquire_stand_in_each_other() {
    let text = "fn f(held: Held) { acquire!(held => a = shared.a, b, c = table[1] => { held.lock(&D); }); held.lock(&E); }";
    let places = places(text);
    let locks: Vec<_> = places.iter().map(|place| &text[place.lock.clone().unwrap()]).collect();
    assert_eq!(locks, ["shared.a", "b", "table[1]", "&D", "&E"]);
    assert_eq!(
        places.iter().map(|place| place.outer).collect::<Vec<_>>(),
        [None, Some(0), Some(1), Some(2), None]
    );
    let How::Element(element) = &places[1].how else { panic!("{:?}", places[1].how) };
    assert_eq!(&text[element.path.clone()], "acquire");
    assert!(text[element.call.clone()].ends_with("held.lock(&D); })") && element.is_short);
    assert!(text[..element.previous.unwrap()].ends_with("shared.a") && text[..element.end].ends_with('}'));
}

#[test]
fn handlers_are_known_by_their_signatures() {
    let text = "fn a(held: Root<'_, HardIrq>) { held.lock(&A); } #[acquires(Counts; irq)] fn b(held: Held) { held.lock(&B); }
        fn c(held: Root<'_, Task>) { held.lock(&C); }";
    assert_eq!(places(text).iter().map(|place| place.in_handler).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn constants_and_macros_have_places_and_tests_have_none() {
    let text = "static KINDS: &[Kind] = &[Kind { pass: |held, _, section| held.with(&A, |(), _| section()) }];
        fn f(held: Held) { assert_eq!(*held.lock(&B), 1); }
        #[cfg(test)] mod tests { fn f(held: Held) { held.lock(&C); } }
        fn g(held: Held) { #[cfg(feature = \"checker\")] held.lock(&D); #[cfg(not(feature = \"checker\"))] held.lock(&E); }";
    let places = places(text);
    let found: Vec<_> =
        places.iter().map(|place| (place.function.as_str(), &text[place.lock.clone().unwrap()])).collect();
    assert_eq!(found, [("KINDS", "&A"), ("f", "&B"), ("g", "&E")]);
}

#[test]
fn a_closure_that_is_called_is_no_function() {
    let text = "fn f(mut held: Root<'_, Task>) {
        let sleep = |held: &mut Root<'_, Task>, time| time; sleep(&mut held, SECOND); sched::sleep(&mut held, SECOND);
    }";
    assert_eq!(shown(text), ["sched::sleep(&mut held, SECOND)"]);
}

#[test]
fn a_bound_on_a_token_is_known() {
    let text = "impl Node { fn f<H: Before<super::Directory>>(&self, held: &mut Held<'_, H, Task>) { held.lock(&A); } }
        fn g(held: &mut Held<'_, impl Before<Pool>, impl MaySpin>) { held.lock(&B); }
        fn h(held: &mut Root<'_, Task>) { held.lock(&C); }";
    let ceilings: Vec<_> = places(text).into_iter().map(|place| place.ceiling).collect();
    assert_eq!(ceilings, [Some("super :: Directory".to_owned()), Some("Pool".to_owned()), None]);
}
