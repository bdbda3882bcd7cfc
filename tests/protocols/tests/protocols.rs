//! Every protocol holds in all its states, and every broken one is noticed.

use protocol_models::inheritance::{self, Inheritance};
use protocol_models::tokens::{self, Tokens};
use protocol_models::{search, stuck};

/// Programs with tokens: in any order, again and again, over a block, and shared before they are acquired exclusively.
fn token_programs() -> Vec<(&'static str, usize, Vec<Vec<tokens::Step>>)> {
    use tokens::Step::{Acquire, Block, Release, Share};
    let upgrade = |token| vec![Share(token), Acquire(token), Release(token), Release(token)];
    vec![
        (
            "two tokens in both orders, one over a block",
            2,
            vec![
                vec![Acquire(0), Acquire(1), Block, Release(1), Release(0)],
                vec![Acquire(1), Acquire(0), Release(0), Release(1)],
            ],
        ),
        (
            "a token acquired again, and two others that want it",
            2,
            vec![
                vec![Acquire(0), Acquire(0), Release(0), Block, Release(0)],
                vec![Acquire(0), Acquire(1), Release(1), Release(0)],
                vec![Acquire(1), Acquire(0), Release(0), Release(1)],
            ],
        ),
        (
            "three tokens in a circle",
            3,
            vec![
                vec![Acquire(0), Acquire(1), Release(1), Release(0)],
                vec![Acquire(1), Acquire(2), Release(2), Release(1)],
                vec![Acquire(2), Acquire(0), Block, Release(0), Release(2)],
            ],
        ),
        (
            "three readers, one of which blocks, and two want it exclusively",
            1,
            vec![upgrade(0), upgrade(0), vec![Share(0), Share(0), Block, Release(0), Release(0)]],
        ),
        (
            "two readers that want it exclusively, beside a writer",
            1,
            vec![upgrade(0), upgrade(0), vec![Acquire(0), Share(0), Release(0), Release(0)]],
        ),
        (
            "a share acquired exclusively with another token in hand, and over a block",
            2,
            vec![
                vec![Acquire(1), Share(0), Acquire(0), Block, Release(0), Release(0), Release(1)],
                vec![Share(0), Acquire(1), Acquire(0), Release(0), Release(1), Release(0)],
            ],
        ),
        (
            "two tokens, each shared by two threads, acquired exclusively in both orders",
            2,
            vec![
                vec![Share(0), Share(1), Acquire(1), Release(1), Release(1), Release(0)],
                vec![Share(1), Share(0), Acquire(0), Release(0), Release(0), Release(1)],
                vec![Share(0), Acquire(1), Release(1), Release(0)],
            ],
        ),
    ]
}

#[test]
fn serialising_tokens() {
    use tokens::Broken;
    for (name, count, programs) in token_programs() {
        let model = Tokens { tokens: count, programs, broken: Broken::Nothing };
        let stuck = stuck(&model, tokens::State::is_end);
        let found = search(model);
        println!("tokens, {name}: {} states", found.states);
        assert!(found.wrong.is_empty(), "{name}: {:?}", found.wrong);
        assert_eq!(stuck, 0, "{name}: states from which there is no end");
    }
    for broken in [
        Broken::KeepsWhileWaiting,
        Broken::RunsWithAPart,
        Broken::FreesAtOnce,
        Broken::LooksTooEarly,
        Broken::ForgetsOne,
        Broken::KeepsItsShare,
        Broken::OwnsBesideReaders,
        Broken::FreesItsShare,
        Broken::GoesOnOwning,
        Broken::KeepsItsClaim,
    ] {
        let wrong = token_programs().into_iter().find_map(|(name, count, programs)| {
            let found = search(Tokens { tokens: count, programs, broken });
            (!found.wrong.is_empty()).then(|| format!("{name}: {:?}", found.wrong))
        });
        println!("tokens, {broken:?}: noticed by {}", wrong.as_deref().unwrap_or("nothing"));
        assert!(wrong.is_some(), "{broken:?} is not noticed");
    }
}

/// Programs with locks, all acquired in one order.
fn lock_programs() -> Vec<(&'static str, usize, Vec<(u8, Vec<inheritance::Step>)>)> {
    use inheritance::Step::{Acquire, Release, Try};
    let once = |lock| vec![Acquire(lock), Release(lock)];
    vec![
        ("one lock", 1, vec![(1, once(0)), (2, once(0)), (3, once(0))]),
        (
            "a chain of two",
            2,
            vec![
                (1, vec![Acquire(1), Release(1)]),
                (2, vec![Acquire(0), Acquire(1), Release(1), Release(0)]),
                (3, once(0)),
            ],
        ),
        (
            "two locks of one owner",
            2,
            vec![(1, vec![Acquire(0), Acquire(1), Release(1), Release(0)]), (3, once(0)), (2, once(1))],
        ),
        (
            "a chain, whose end comes back, and another one who waits for it",
            2,
            vec![
                (1, vec![Acquire(1), Release(1), Acquire(1), Release(1)]),
                (2, vec![Acquire(0), Acquire(1), Release(1), Release(0)]),
                (4, once(0)),
                (3, once(1)),
            ],
        ),
        (
            "one that may give up",
            2,
            vec![
                (1, vec![Acquire(1), Release(1)]),
                (2, vec![Acquire(0), Acquire(1), Release(1), Release(0)]),
                (3, vec![Try(0, 1), Release(0)]),
            ],
        ),
    ]
}

#[test]
fn priority_inheritance() {
    use inheritance::Broken;
    for (name, locks, programs) in lock_programs() {
        let found = search(Inheritance { locks, programs, broken: Broken::Nothing });
        println!("inheritance, {name}: {} states", found.states);
        assert!(found.wrong.is_empty(), "{name}: {:?}", found.wrong);
    }
    for broken in [
        Broken::TrustsTheOwner,
        Broken::KeepsNotes,
        Broken::NoChain,
        Broken::TrustsTheQueue,
        Broken::TakesForItself,
        Broken::LendsUnasked,
        Broken::TrustsTheWaiter,
    ] {
        let wrong = lock_programs().into_iter().find_map(|(name, locks, programs)| {
            let found = search(Inheritance { locks, programs, broken });
            (!found.wrong.is_empty()).then(|| format!("{name}: {:?}", found.wrong))
        });
        println!("inheritance, {broken:?}: noticed by {}", wrong.as_deref().unwrap_or("nothing"));
        assert!(wrong.is_some(), "{broken:?} is not noticed");
    }
}
