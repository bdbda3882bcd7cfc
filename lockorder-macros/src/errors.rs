//! Tests: every wrong use of a macro is an error at the offending token, with what to write instead.

use proc_macro2::TokenStream;

/// What an expansion said: each error's message, and the text of the token it stands at.
fn errors(result: syn::Result<TokenStream>) -> Vec<(String, String)> {
    let error = result.expect_err("this input must be refused");
    error
        .into_iter()
        .map(|error| (error.to_string(), error.span().source_text().unwrap_or_default()))
        .collect()
}

/// Asserts that `$expand` of `$source` is refused with these messages (parts of them) at these tokens.
macro_rules! refuses {
    ($expand:expr, $($message:literal at $token:literal),+ $(,)?) => {{
        let errors = errors($expand);
        let expected = [$(($message, $token)),+];
        assert_eq!(errors.len(), expected.len(), "{errors:#?}");
        for ((message, token), (wanted, place)) in errors.iter().zip(expected) {
            assert!(message.contains(wanted), "`{message}` does not say `{wanted}`");
            assert_eq!(token, place, "`{message}` stands at the wrong token");
        }
    }};
}

/// Tokens with places, as the compiler gives them.
fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the test's source has balanced brackets")
}

mod hierarchy {
    use super::{errors, tokens};

    fn expand(source: &str) -> syn::Result<proc_macro2::TokenStream> {
        crate::hierarchy::expand(tokens(source))
    }

    #[test]
    fn a_rank_is_used_once_without_sibling() {
        refuses!(expand("hierarchy H; level A = 1 { class X = 3; class Y = 3; }"),
            "taken by `X`" at "3");
        refuses!(expand("hierarchy H; level A = 1 { class X = 3; } class Y in A = 3;"),
            "`sibling of X`" at "3");
        expand("hierarchy H; level A = 1 { class X = 3; class Y = 3, sibling of X; }").unwrap();
    }

    #[test]
    fn a_class_stays_inside_of_its_levels_band() {
        refuses!(expand("hierarchy H; level A = 1 { class X = 16; }"), "outside of its level's band" at "16");
        refuses!(expand("class X in kernel::Device = 99;"), "outside of its level's band" at "99");
    }

    #[test]
    fn declarations_go_outermost_first() {
        refuses!(expand("hierarchy H; level B = 20; level A = 10;"), "move `A` up" at "10");
        refuses!(expand("hierarchy H; level A = 10; level B = 10;"), "taken by `A`" at "10");
        refuses!(expand("hierarchy H; level A = 1 { class X = 5; class Y = 2; }"), "move `Y` up" at "2");
        refuses!(expand("hierarchy H; level A = 0;"), "level numbers are 1 to" at "0");
        refuses!(expand("hierarchy H; level A = 70000;"), "number too large" at "70000");
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        refuses!(expand("hierarchy H; level Device = 1; class X in Devise = 2;"),
            "unknown level `Devise`; declared here: `Device`" at "Devise");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1; class Y = 1, sibling of Z; }"),
            "unknown class `Z`" at "Z");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1; class Y = 2, sibling of X; }"),
            "`X` has minor number 1" at "X");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1, order = sorted; }"),
            "unknown discipline `sorted`" at "sorted");
    }

    #[test]
    fn names_and_disciplines_are_given_once() {
        refuses!(expand("hierarchy H; level A = 1 { class X = 1; } level B = 2 { class X = 1; }"),
            "declared twice" at "X");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1, order = key, order = tree; }"),
            "one discipline" at "order");
        refuses!(expand("hierarchy H; hierarchy I;"), "declares one hierarchy" at "hierarchy");
    }

    #[test]
    fn the_form_is_explained() {
        refuses!(expand("level A = 1;"), "begin with `hierarchy NAME;`" at "A");
        refuses!(expand("hierarchy H; class X = 3;"), "`class Name in Level = 3;`" at "=");
        refuses!(expand("hierarchy H; level A = 1 { class X in A = 3; }"), "leave `in …` out" at "in");
        refuses!(expand("hierarchy H; lock X = 3;"), "expected one of" at "lock");
    }

    #[test]
    fn only_documentation_is_attached() {
        refuses!(expand("hierarchy H; #[cfg(test)] level A = 1 { #[deprecated] class X = 1; }"),
            "only documentation" at "cfg", "only documentation" at "deprecated");
    }

    #[test]
    fn all_errors_are_reported_together() {
        refuses!(expand("hierarchy H; level B = 2 { class X = 16; } level A = 1 { class X = 1; }"),
            "move `A` up" at "1", "declared twice" at "X", "band" at "16");
    }
}

mod acquires {
    use super::{errors, tokens};

    fn expand(attribute: &str, item: &str) -> syn::Result<proc_macro2::TokenStream> {
        crate::acquires::expand(tokens(attribute), tokens(item))
    }

    #[test]
    fn the_list_is_checked() {
        refuses!(expand("", "fn f(held: Held) {}"), "what does it acquire?" at "");
        refuses!(expand("A; maysleep", "fn f(held: Held) {}"), "unknown word `maysleep`" at "maysleep");
        refuses!(expand("A; atomic, irq", "fn f(held: Held) {}"), "this is the second" at "irq");
        refuses!(expand("A, atomic", "fn f(held: Held) {}"), "write it after a `;`" at "atomic");
        refuses!(expand("A B", "fn f(held: Held) {}"), "expected `,`" at "B");
        refuses!(expand("A; irq atomic", "fn f(held: Held) {}"), "expected `,`" at "atomic");
        refuses!(expand("A; dyn, dyn", "fn f(held: Held) {}"), "given twice" at "dyn");
        refuses!(expand("; nothing_held, nothing_held", "fn f(held: Held) {}"), "given twice" at "nothing_held");
    }

    #[test]
    fn the_token_is_found() {
        refuses!(expand("A", "fn f(x: u32) {}"), "no parameter of type `Held`" at "f");
        refuses!(expand("A", "fn f(a: Held, b: Held) {}"), "this is the second `Held`" at "Held");
        refuses!(expand("A", "fn f(held: &Held) {}"), "a shared token acquires nothing" at "&Held");
        refuses!(expand("A", "fn f(_: Held) {}"), "name the token" at "_");
    }

    #[test]
    fn only_plain_functions_acquire() {
        refuses!(expand("A", "async fn f(held: Held) {}"), "across an `await`" at "async");
        refuses!(expand("A", "struct S;"), "on a function or a method" at "struct");
    }
}

mod derive {
    use super::{errors, tokens};

    fn expand(source: &str) -> syn::Result<proc_macro2::TokenStream> {
        crate::derive::expand(tokens(source))
    }

    #[test]
    fn only_structs_with_named_fields() {
        refuses!(expand("enum E { A }"), "for structs" at "E");
        refuses!(expand("struct S(A, B);"), "give the fields names" at "(A, B)");
        refuses!(expand("struct S { #[acquire(leave)] a: A }"), "expected `skip` or `name" at "leave");
    }
}

mod acquire {
    use super::{errors, tokens};

    fn expand(source: &str) -> syn::Result<proc_macro2::TokenStream> {
        crate::acquire::expand(tokens(source))
    }

    #[test]
    fn locks_have_names_of_their_own() {
        refuses!(expand("held => a, a => {}"), "names two locks" at "a");
        refuses!(expand("held => a.b => {}"), "is given a name" at ".");
        refuses!(expand("held => &a => {}"), "name the lock" at "&");
        refuses!(expand("held => a => {} x"), "nothing follows" at "x");
    }
}

mod entry {
    use super::{errors, tokens};

    fn expand(attribute: &str, item: &str) -> syn::Result<proc_macro2::TokenStream> {
        crate::entry::expand(tokens(attribute), tokens(item))
    }

    #[test]
    fn the_way_in_is_one_of_eight() {
        refuses!(expand("", "unsafe fn f(held: Root<'_, Task>) {}"), "one of `boot`" at "");
        refuses!(expand("irq", "unsafe fn f(held: Root<'_, HardIrq>) {}"), "unknown way to enter `irq`" at "irq");
    }

    #[test]
    fn the_function_takes_a_root_and_is_unsafe() {
        refuses!(expand("boot", "fn f(held: Root<'_, Atomic>) {}"), "declare it `unsafe fn`" at "fn");
        refuses!(expand("boot", "unsafe fn f() {}"), "first parameter of an entry point" at "f");
        refuses!(expand("boot", "unsafe fn f<T>(held: Root<'_, Atomic>) {}"), "cannot be generic" at "<T>");
        refuses!(expand("boot", "async unsafe fn f(held: Root<'_, Atomic>) {}"), "through a future" at "async");
        refuses!(expand("boot", "unsafe fn f(h: Root<'_, Atomic>, _: u8) {}"), "it is passed on" at "_");
    }
}
