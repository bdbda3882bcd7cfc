//! `hierarchy!`: parse, check, emit.

mod check;
mod emit;
mod parse;

use proc_macro2::TokenStream;

use crate::error::Result;

/// Expands one invocation.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let checked = check::check(parse::Declaration::parse(input)?)?;
    Ok(emit::emit(&checked))
}

#[cfg(test)]
mod tests {
    use crate::error::Result;
    use crate::testing::{refuses, tokens};

    fn expand(source: &str) -> Result<proc_macro2::TokenStream> {
        super::expand(tokens(source))
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
        refuses!(expand("hierarchy H; level A = 1 { class X = 64; }"), "outside of its level's band" at "64");
        refuses!(expand("class X in kernel::Device = 99;"), "outside of its level's band" at "99");
        refuses!(expand("class X in kernel::Device = 70000;"), "outside of its level's band" at "70000");
    }

    #[test]
    fn declarations_go_outermost_first() {
        refuses!(expand("hierarchy H; level B = 20; level A = 10;"), "move `A` up" at "10");
        refuses!(expand("hierarchy H; level A = 10; level B = 10;"), "taken by `A`" at "10");
        refuses!(expand("hierarchy H; level A = 1 { class X = 5; class Y = 2; }"), "move `Y` up" at "2");
        refuses!(expand("hierarchy H; level A = 0;"), "level numbers are 1 to" at "0");
        refuses!(expand("hierarchy H; level A = 70000;"), "level numbers are 1 to" at "70000");
    }

    #[test]
    fn numbers_are_whole_and_plain() {
        refuses!(expand("hierarchy H; level A = 40u64;"), "leave `u64` out" at "40u64");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1i128; }"), "leave `i128` out" at "1i128");
        refuses!(expand("hierarchy H; level A = 4.5;"), "a whole number" at "4.5");
        refuses!(expand("hierarchy H; level A = 4f32;"), "a whole number" at "4f32");
        refuses!(expand("hierarchy H; level A = \"4\";"), "expected a number" at "\"4\"");
        refuses!(expand("hierarchy H; level A = -4;"), "expected a number" at "-");
        refuses!(expand("hierarchy H; level A = N;"), "expected a number" at "N");
        expand("hierarchy H; level A = 0x2_8 { class X = 0o17; } level B = 0b11_0000 { class Y = 1_5; }")
            .unwrap();
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
        refuses!(expand("hierarchy H; level A = 1 { class X = 1; class Y = 2, order = tree, pairs under X, pairs under X; }"),
            "given twice" at "pairs");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1; class Y = 2, order = key, pairs under X; class Z = 3, pairs under X; }"),
            "pairs are of a tree" at "pairs", "pairs are of a tree" at "pairs");
        refuses!(expand("hierarchy H; hierarchy I;"), "declares one hierarchy" at "hierarchy");
        refuses!(expand("hierarchy H, platform = P, platform = Q;"), "given twice" at "platform");
    }

    #[test]
    fn the_form_is_explained() {
        refuses!(expand(""), "nothing is declared" at "");
        refuses!(expand("level A = 1;"), "begin with `hierarchy NAME;`" at "A");
        refuses!(expand("hierarchy H; class X = 3;"), "`class Name in Level = 3;`" at "=");
        refuses!(expand("hierarchy H; level A = 1 { class X in A = 3; }"), "leave `in …` out" at "in");
        refuses!(expand("hierarchy H; level A = 1 { level B = 3; }"), "expected `class`" at "level");
        refuses!(expand("hierarchy H; lock X = 3;"), "expected one of" at "lock");
        refuses!(expand("hierarchy H; level A = 1 class X"), "the level's classes" at "class");
        refuses!(expand("hierarchy H, machine = M;"), "expected `platform = path`" at "machine");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1, twin of Y; }"), "`sibling of …`" at "twin");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1, sibling Y; }"), "expected `of`" at "Y");
        refuses!(expand("hierarchy H; level A = 1 { class X = 1, order = tree, pairs Y; }"), "expected `under`" at "Y");
        refuses!(expand("hierarchy H; level type = 1;"), "`r#type`" at "type");
        refuses!(expand("hierarchy H; # level A = 1;"), "expected `[`" at "level");
    }

    #[test]
    fn the_library_is_named_first() {
        refuses!(expand("hierarchy H; crate = lo;"), "is the first line" at "crate");
        refuses!(expand("crate = a; crate = b;"), "is the first line" at "crate");
        refuses!(expand("crate lo;"), "expected `=`" at "lo");
        let expanded = expand("crate = lo; hierarchy H; level A = 1 { class X = 3; }").unwrap().to_string();
        assert!(!expanded.contains("lockorder ::"), "a path of another name: {expanded}");
    }

    #[test]
    fn only_documentation_is_attached() {
        refuses!(expand("#[cfg(any())] hierarchy H; #[cfg(test)] level A = 1 { #[deprecated] class X = 1; }"),
            "only documentation" at "cfg", "only documentation" at "cfg", "only documentation" at "deprecated");
        refuses!(expand("#[doc = concat!(\"a\", \"b\")] hierarchy H;"), "write it out" at "concat");
        expand("#[doc(hidden)] hierarchy H; #[doc(alias = \"B\")] level A = 1;").unwrap();
    }

    #[test]
    fn all_errors_are_reported_together() {
        refuses!(expand("hierarchy H; level B = 2 { class X = 64; } level A = 1 { class X = 1; }"),
            "move `A` up" at "1", "declared twice" at "X", "band" at "64");
    }
}
