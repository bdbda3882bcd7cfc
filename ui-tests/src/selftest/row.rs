//! The pairs of a case and a kind of lock, and the acquisitions that their rows describe.

/// The table.
const TABLE: &str = include_str!("../../../tests/checker/data/locking-selftest.tsv");
/// Groups about locks that this library does not have.
const OTHERS: [&str; 3] = ["ww", "fs_reclaim", "local_lock"];

/// A case and a kind of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What it is about.
    pub group: &'static str,
    /// The case's name.
    pub case: &'static str,
    /// The kind of lock.
    pub kind: &'static str,
    /// Whether lockdep must reject it.
    pub reject: bool,
    /// What happens, in the words of the first of its rows.
    pub sequence: &'static str,
}

/// Every pair that concerns this library, once, in the order of the table.
#[must_use]
pub fn pairs() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for line in TABLE.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[group, case, _order, kind, expected, sequence, ..] = fields.as_slice() else { continue };
        if group.is_empty() || OTHERS.contains(&group) || kind == "rtmutex" {
            continue;
        }
        let known = |pair: &&mut Pair| (pair.group, pair.case, pair.kind) == (group, case, kind);
        match pairs.iter_mut().find(known) {
            // One order of its events that must be rejected is enough.
            Some(pair) => pair.reject |= expected == "REJECT",
            None => pairs.push(Pair { group, case, kind, reject: expected == "REJECT", sequence }),
        }
    }
    pairs
}

/// How a lock is acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A plain spin lock.
    Spin,
    /// A reader-writer spin lock, reading.
    Read,
    /// The same, writing.
    Write,
    /// A mutex.
    Mutex,
    /// A reader-writer lock whose waiters sleep, reading.
    SleepRead,
    /// The same, writing.
    SleepWrite,
}

impl Manner {
    /// What a kind of the table means.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        match kind {
            "rlock" => Self::Read,
            "wlock" => Self::Write,
            "mutex" | "MUTEX" => Self::Mutex,
            "rsem" => Self::SleepRead,
            "wsem" => Self::SleepWrite,
            _ => Self::Spin,
        }
    }
}

/// One acquisition: how, and of which lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquisition {
    /// How.
    pub manner: Manner,
    /// The lock's name.
    pub lock: String,
}

impl Acquisition {
    /// Reads `W A`, `RX`, or the name of a lock of the row's kind.
    #[must_use]
    pub fn parse(text: &str, kind: &str) -> Self {
        let text = text.trim();
        let (how, lock) = match text.split_once(' ') {
            Some((how, lock)) => (how, lock),
            None if text.len() == 2 && !text.as_bytes()[1].is_ascii_digit() => text.split_at(1),
            None => ("LOCK", text),
        };
        let manner = match how {
            "R" => Manner::Read,
            "W" => Manner::Write,
            "L" => Manner::Spin,
            "RS" => Manner::SleepRead,
            "WS" => Manner::SleepWrite,
            "M" => Manner::Mutex,
            _ => Manner::of(kind),
        };
        Self { manner, lock: lock.to_owned() }
    }

    /// Reads acquisitions, one inside of the other, with commas between them.
    #[must_use]
    pub fn list(text: &str, kind: &str) -> Vec<Self> {
        text.split(',').map(|one| Self::parse(one, kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Acquisition, Manner, pairs};

    #[test]
    fn the_table_has_as_many_pairs_as_the_kernel_has_tests() {
        let pairs = pairs();
        assert_eq!(pairs.iter().filter(|pair| pair.reject).count(), 103);
        assert_eq!(pairs.len(), 159);
    }

    #[test]
    fn acquisitions_are_read_in_all_spellings() {
        let read = |text| Acquisition::parse(text, "mutex");
        assert_eq!(read("W A"), Acquisition { manner: Manner::Write, lock: "A".into() });
        assert_eq!(read("RX"), Acquisition { manner: Manner::Read, lock: "X".into() });
        assert_eq!(read("X1"), Acquisition { manner: Manner::Mutex, lock: "X1".into() });
    }
}
