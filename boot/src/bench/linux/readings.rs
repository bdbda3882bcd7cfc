//! What was measured: lines of the program, and the same of both kernels side by side.

use crate::failure::Failure;

/// What one boot took, by name, in nanoseconds, in the order in which it was measured.
pub(super) type Figures = Vec<(String, f64)>;

/// Reads a line `name value ns`; `None` for anything else on the console.
pub(super) fn parse(line: &str) -> Option<(&str, f64)> {
    let mut words = line.trim_end().split(' ');
    let (name, value) = (words.next()?, words.next()?.parse::<f64>().ok()?);
    let usual = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_time = words.next() == Some("ns") && words.next().is_none() && value.is_finite() && value > 0.0;
    (usual && is_time).then_some((name, value))
}

/// The median; of nothing, 0. Of two in the middle it is their mean.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match (values.len() / 2, values.len() % 2) {
        (0, 0) => 0.0,
        (half, 0) => f64::midpoint(values[half - 1], values[half]),
        (half, _) => values[half],
    }
}

/// Which round counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pick {
    /// The median of the rounds, of the ratios within a round.
    #[default]
    Median,
    /// The round that took least, of each kernel: where others use the machine they only add to what a round takes.
    Least,
}

impl Pick {
    fn of(self, values: impl Iterator<Item = f64>) -> f64 {
        match self {
            Self::Median => median(values),
            Self::Least => values.min_by(f64::total_cmp).unwrap_or(0.0),
        }
    }
}

/// What one operation took on both kernels, once for each round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    /// Ours, and Linux, in nanoseconds.
    pub(super) rounds: Vec<(f64, f64)>,
}

impl Row {
    /// What ours took.
    pub(super) fn ours(&self, pick: Pick) -> f64 {
        pick.of(self.rounds.iter().map(|(ours, _)| *ours))
    }

    /// What Linux took.
    pub(super) fn linux(&self, pick: Pick) -> f64 {
        pick.of(self.rounds.iter().map(|(_, linux)| *linux))
    }

    /// How many times longer Linux took.
    pub(super) fn ratio(&self, pick: Pick) -> f64 {
        match pick {
            Pick::Median => median(self.rounds.iter().map(|(ours, linux)| linux / ours)),
            Pick::Least => self.linux(pick) / self.ours(pick),
        }
    }
}

/// All that was measured on one number of CPUs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Readings {
    pub(super) rows: Vec<Row>,
}

impl Readings {
    /// Adds a round; both must have measured the same.
    pub(super) fn add(&mut self, ours: &Figures, linux: &Figures) -> Result<(), Failure> {
        let names = |figures: &Figures| figures.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        if names(ours) != names(linux) {
            let why = format!("ours measured {:?} and Linux {:?}", names(ours), names(linux));
            return Err(Failure::Comparison(why));
        }
        for ((name, ours), (_, linux)) in ours.iter().zip(linux) {
            match self.rows.iter_mut().find(|row| row.name == *name) {
                Some(row) => row.rounds.push((*ours, *linux)),
                None => self.rows.push(Row { name: name.clone(), rounds: vec![(*ours, *linux)] }),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Pick, Readings, Row, median, parse};

    #[test]
    fn lines_of_the_program_are_told_from_others() {
        assert_eq!(parse("fork-wait 1234.5 ns\r"), Some(("fork-wait", 1234.5)));
        for line in [
            "",
            "fork-wait",
            "fork-wait 12.5",
            "fork-wait many ns",
            "fork-wait -1 ns",
            "fork-wait inf ns",
            "fork-wait 1 ns more",
            "[    0.1] took 12 ns",
            "a:b 12 ns",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn rounds_are_compared_within_themselves() {
        let mut readings = Readings::default();
        for (ours, linux) in [(10.0, 20.0), (100.0, 100.0), (10.0, 30.0)] {
            readings.add(&vec![("a".to_owned(), ours)], &vec![("a".to_owned(), linux)]).unwrap();
        }
        let [row] = &readings.rows[..] else { panic!("{readings:?}") };
        // The host was busy in the second round, for both.
        let is = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        let all = |pick| (row.ours(pick), row.linux(pick), row.ratio(pick));
        let (ours, linux, ratio) = all(Pick::Median);
        assert!(is(ours, 10.0) && is(linux, 30.0) && is(ratio, 2.0), "{row:?}");
        let (ours, linux, ratio) = all(Pick::Least);
        assert!(is(ours, 10.0) && is(linux, 20.0) && is(ratio, 2.0), "{row:?}");
        let failure = readings.add(&vec![("a".to_owned(), 1.0)], &vec![("b".to_owned(), 1.0)]).unwrap_err();
        assert_eq!(failure.to_string(), "ours measured [\"a\"] and Linux [\"b\"]");
    }

    #[test]
    fn the_middle_counts() {
        let is = |values: &[f64], expected: f64| (median(values.iter().copied()) - expected).abs() < 1e-9;
        assert!(is(&[], 0.0) && is(&[3.0], 3.0) && is(&[9.0, 1.0], 5.0) && is(&[7.0, 9.0, 1.0], 7.0));
        assert!(Row { name: String::new(), rounds: Vec::new() }.ratio(Pick::Median).abs() < 1e-9);
    }
}
