//! Where the compiler and the rules differ.

use std::collections::BTreeSet;

use crate::questions::{COLUMNS, column};
use crate::table::Answers;

/// Every difference, in words.
#[must_use]
pub fn between(rules: &Answers, compiler: &Answers) -> Vec<String> {
    let mut differences = Vec::new();
    for name in rules.keys().chain(compiler.keys()).collect::<BTreeSet<_>>() {
        match (rules.get(name), compiler.get(name)) {
            (Some(rules), Some(compiler)) => differences.extend(
                (0..COLUMNS).filter_map(|number| said(name, number, rules[number], compiler[number])),
            ),
            (Some(_), None) => {
                differences.push(format!("{name}: the rules answer, and nobody asks the compiler"));
            }
            (None, _) => {
                differences.push(format!("{name}: the compiler is asked, and the rules have no answer"));
            }
        }
    }
    differences
}

/// The difference of one question, if there is one.
fn said(name: &str, number: usize, rules: bool, compiler: bool) -> Option<String> {
    let word = |yes: bool| if yes { "allow" } else { "refuse" };
    let (position, context) = column(number);
    (rules != compiler).then(|| {
        format!(
            "{name}, with a token at {position} in {context}: the rules {} it, the compiler does {} it",
            word(rules),
            if compiler { "allow" } else { "not allow" }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::between;
    use crate::questions::COLUMNS;
    use crate::table::Answers;

    fn answers(bits: Vec<bool>) -> Answers {
        Answers::from([("lock Spinning C".to_owned(), bits)])
    }

    #[test]
    fn a_flipped_answer_is_told_with_its_question() {
        let rules = answers(vec![true; COLUMNS]);
        let mut compiler = rules.clone();
        assert!(between(&rules, &compiler).is_empty());
        compiler.get_mut("lock Spinning C").unwrap()[13] = false;
        assert_eq!(
            between(&rules, &compiler),
            [
                "lock Spinning C, with a token at A in Atomic: the rules allow it, the compiler does not allow it"
            ]
        );
    }

    #[test]
    fn a_question_that_one_side_does_not_know_is_told() {
        let (known, unknown) = (answers(vec![true; COLUMNS]), Answers::new());
        assert!(between(&known, &unknown)[0].contains("nobody asks"));
        assert!(between(&unknown, &known)[0].contains("no answer"));
    }
}
