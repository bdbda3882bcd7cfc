//! Forms of declarations that are easily forgotten: names, numbers, places, tokens out of other macros.

use lockorder::{SpinLock, hierarchy, with_root};

/// Names that the prelude has, too, and keywords.
#[allow(non_camel_case_types, reason = "the names are the test")]
mod names {
    use lockorder::{CLASSES, SpinLock, hierarchy, with_root};

    hierarchy! {
        hierarchy NAMES;
        level r#type = 4 {
            class r#fn = 1;
            class Option = 2;
            class Level = 3;
            class B0 = 4;
            class u16 = 5;
            class str = 6;
            class Some = 7;
        }
    }

    #[test]
    fn names_of_other_things_are_names_of_classes() {
        let (keyword, option) = (SpinLock::<r#fn, u8>::new(1), SpinLock::<Option, u8>::new(2));
        let string = SpinLock::<str, u8>::new(3);
        let sum = with_root(
            |mut held| lockorder::acquire!(held => keyword, option, string => { *keyword + *option + *string }),
        );
        assert_eq!(sum, 6);
        assert_eq!((NAMES.levels[0].name, NAMES.classes[0].name), ("type", "fn"));
        assert!(CLASSES.iter().any(|class| (class.level, class.name) == ("type", "fn")));
        assert!(
            (&CLASSES).into_iter().any(|class| class.name == "u16") && format!("{CLASSES:?}").contains("B0")
        );
    }
}

/// Numbers in every notation, up to the largest.
mod numbers {
    use lockorder::hierarchy;

    hierarchy! {
        hierarchy NUMBERS;
        level Low = 0x2_8 {
            class Octal = 0o17;
        }
        level Last = 1022 {
            class LastOfAll = 63;
        }
    }

    #[test]
    fn numbers_are_read_in_every_notation() {
        assert_eq!(NUMBERS.classes[0].rank, 40 * 64 + 15);
        assert_eq!(NUMBERS.classes[1].rank, 65_471);
        assert_eq!(NUMBERS.levels.iter().map(|level| level.minors).collect::<Vec<_>>(), [1 << 15, 1 << 63]);
    }
}

/// A header alone, documentation that rustdoc alone reads, a class in front of its level, two invocations, siblings of
/// different disciplines.
mod forms {
    use lockorder::{OrderKind, hierarchy};

    hierarchy! {
        hierarchy ALONE;
    }
    hierarchy! {
        #[doc(hidden)]
        hierarchy FORMS;
        class Early in Late = 3;
        #[doc(alias = "Evening")]
        level Late = 4 {
            class Earliest = 1;
            class Twin = 1, order = serial, sibling of Earliest;
        }
    }
    hierarchy! {
        hierarchy SECOND;
        level Other = 4 { class Third = 1; }
    }

    #[test]
    fn hierarchies_come_in_all_forms() {
        assert_eq!((ALONE.name, ALONE.levels.len(), SECOND.classes.len()), ("ALONE", 0, 1));
        let listed: Vec<_> = FORMS.classes.iter().map(|class| (class.name, class.rank)).collect();
        assert_eq!(listed, [("Earliest", 257), ("Twin", 257), ("Early", 259)]);
        assert_eq!(FORMS.classes[1].order, OrderKind::Serial);
        assert_eq!(FORMS.levels[0].minors, 0b1010);
    }
}

#[test]
fn a_hierarchy_may_be_declared_in_a_function() {
    hierarchy! {
        hierarchy INNER;
        level Inside = 4 { class Innermost = 1; }
    }
    static LOCK: SpinLock<Innermost, u8> = SpinLock::new(1);
    assert_eq!(with_root(|mut held| *held.lock(&LOCK)), 1);
    assert_eq!(INNER.classes[0].name, "Innermost");
}

/// What `macro_rules!` hands on stands in invisible groups.
mod handed_on {
    use lockorder::{Held, SpinLock, acquire, acquires, hierarchy, with_root};

    macro_rules! declare {
        ($visibility:vis $level:ident = $number:literal, $class:ident = $minor:literal, $doc:literal) => {
            hierarchy! {
                hierarchy HANDED_ON;
                $visibility level $level = $number {
                    #[doc = $doc]
                    $visibility class $class = $minor;
                }
            }
        };
    }
    declare!(pub(super) Level = 30, Class = 2, "Handed on.");

    macro_rules! read {
        ($class:path, $held:ident, $lock:expr) => {{
            #[acquires($class; atomic)]
            fn read(held: Held, lock: &SpinLock<$class, u8>) -> u8 {
                acquire!(held => value = lock => { *value })
            }
            read($held.reborrow(), &$lock) + acquire!($held => value = $lock => { *value })
        }};
    }

    #[test]
    fn macros_hand_tokens_on() {
        let lock: SpinLock<Class, u8> = SpinLock::new(3);
        assert_eq!(with_root(|mut held| read!(Class, held, lock)), 6);
        assert_eq!(HANDED_ON.classes[0].doc, "Handed on.");
    }
}
