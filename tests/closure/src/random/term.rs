//! A function as a tree of calls.
//!
//! A call is text with places for bodies, which are calls again. Calls can be dropped from the tree: what is left is tried
//! anew, and whatever fails still is the smaller failure.

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its text; `\u{1}` stands where its next body does.
    pub text: String,
    /// Its bodies.
    pub bodies: Vec<Vec<Self>>,
}

impl Call {
    /// One without bodies.
    #[must_use]
    pub fn plain(text: String) -> Self {
        Self { text, bodies: Vec::new() }
    }
}

/// Where a body stands in a text.
pub const BODY: char = '\u{1}';

/// A body's text.
#[must_use]
pub fn text(calls: &[Call]) -> String {
    let mut result = String::new();
    for call in calls {
        let mut bodies = call.bodies.iter();
        for letter in call.text.chars() {
            match letter {
                BODY => result += &bodies.next().map(|body| text(body)).unwrap_or_default(),
                _ => result.push(letter),
            }
        }
    }
    result
}

/// How many calls a body has.
#[must_use]
pub fn size(calls: &[Call]) -> usize {
    calls.iter().map(|call| 1 + call.bodies.iter().map(|body| size(body)).sum::<usize>()).sum()
}

/// The body without its call number `index`, counted in the order of the text, and all inside of that.
#[must_use]
pub fn without(calls: &[Call], index: usize) -> Vec<Call> {
    let mut left = index;
    drop_one(calls, &mut left)
}

/// Drops the call at which `left` is used up.
fn drop_one(calls: &[Call], left: &mut usize) -> Vec<Call> {
    let mut kept = Vec::new();
    for call in calls {
        if *left == 0 {
            *left = usize::MAX;
            continue;
        }
        if *left != usize::MAX {
            *left -= 1;
        }
        let bodies = call.bodies.iter().map(|body| drop_one(body, left)).collect();
        kept.push(Call { text: call.text.clone(), bodies });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{BODY, Call, size, text, without};

    #[test]
    fn calls_are_dropped_one_by_one() {
        let leaf = |name: &str| Call::plain(format!("{name}; "));
        let outer = Call { text: format!("o({BODY}) "), bodies: vec![vec![leaf("a"), leaf("b")]] };
        let body = [outer, leaf("c")];
        assert_eq!((size(&body), text(&body)), (4, "o(a; b; ) c; ".to_owned()));
        let rest: Vec<_> = (0..4).map(|index| text(&without(&body, index))).collect();
        assert_eq!(rest, ["c; ", "o(b; ) c; ", "o(a; ) c; ", "o(a; b; ) "]);
    }
}
