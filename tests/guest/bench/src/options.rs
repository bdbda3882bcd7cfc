//! What the program is asked for.

use std::time::Duration;

/// What `--help` says; the measurements follow.
pub(crate) const HELP: &str = "\
Measures what a kernel does for programs; prints lines `name value unit`.

Usage: bench [--time MILLISECONDS] [--rounds COUNT] [NAME...]

  --time     how long one measurement takes, about (400)
  --rounds   of how many rounds the median is taken, at most (101)
  NAME       what to measure; all of it where none is named:
";

/// Options of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How long one measurement may take.
    pub(crate) time: Duration,
    /// Of how many rounds the median is taken.
    pub(crate) rounds: u32,
    /// What is measured; everything where it is empty.
    pub(crate) names: Vec<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Say what there is.
    Help,
    /// Measure.
    Run(Options),
}

/// Reads arguments; names are those of `known`.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>, known: &[&str]) -> Result<Asked, String> {
    let mut options = Options { time: Duration::from_millis(400), rounds: 101, names: Vec::new() };
    while let Some(argument) = arguments.next() {
        let mut number = |largest: u32| {
            let given = arguments.next().and_then(|text| text.parse::<u32>().ok());
            given
                .filter(|number| (1..=largest).contains(number))
                .ok_or_else(|| format!("{argument} wants a number from 1 to {largest}"))
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--time" => options.time = Duration::from_millis(number(60_000)?.into()),
            "--rounds" => options.rounds = number(1000)?,
            name if known.contains(&name) => options.names.push(argument),
            other => return Err(format!("there is no measurement or option `{other}`")),
        }
    }
    Ok(Asked::Run(options))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Asked, Options, parse};

    #[test]
    fn arguments_are_read_or_refused() {
        let read = |words: &[&str]| parse(words.iter().map(|word| (*word).to_owned()), &["yield", "fork"]);
        let options = |time, rounds, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Ok(Asked::Run(Options { time: Duration::from_millis(time), rounds, names }))
        };
        assert_eq!(read(&[]), options(400, 101, &[]));
        assert_eq!(read(&["--time", "20", "fork", "--rounds", "3"]), options(20, 3, &["fork"]));
        assert_eq!(read(&["--time", "20", "-h"]), Ok(Asked::Help));
        for wrong in [&["spoon"][..], &["--time"], &["--time", "0"], &["--rounds", "many"], &["--what"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
