//! The rules' answers.

use std::collections::BTreeMap;

use crate::questions::COLUMNS;

/// For each operation, whether a token of each column may do it.
pub type Answers = BTreeMap<String, Vec<bool>>;

/// Reads a table: on each line a name, a colon, and a 0 or 1 for each column.
///
/// # Errors
///
/// The line that is none.
pub fn read(text: &str) -> Result<Answers, String> {
    let row = |line: &str| {
        let (name, bits) = line.rsplit_once(": ")?;
        let bits: Option<Vec<_>> = bits
            .chars()
            .map(|bit| match bit {
                '0' => Some(false),
                '1' => Some(true),
                _ => None,
            })
            .collect();
        Some((name.to_owned(), bits.filter(|bits| bits.len() == COLUMNS)?))
    };
    text.lines().map(|line| row(line).ok_or_else(|| format!("not a row of the table: {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::questions::COLUMNS;

    #[test]
    fn a_row_has_a_name_and_an_answer_for_each_column() {
        let answers = read(&format!("lock A: {}\n", "1".repeat(COLUMNS))).unwrap();
        assert_eq!(answers["lock A"], vec![true; COLUMNS]);
        for wrong in ["lock A", "lock A: 01", &format!("lock A: {}x", "1".repeat(COLUMNS - 1))] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
