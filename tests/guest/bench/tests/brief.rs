//! The program on this machine's kernel, briefly.

#![cfg(target_os = "linux")]

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guest-bench")).args(arguments).output().unwrap()
}

/// What it printed.
fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_measurement_prints_a_line_with_its_value() {
    let output = bench(&["--time", "4", "--rounds", "2"]);
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    let help = self::text(&bench(&["--help"]));
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split(' ').collect()).collect();
    for line in &lines {
        let [name, value, unit] = line[..] else { panic!("{line:?}") };
        assert!(value.parse::<f64>().unwrap() > 0.0, "{line:?}");
        assert_eq!(unit, "ns");
        assert!(name == "total" || help.contains(&format!("  {name} ")), "`{name}` is not in the help");
    }
    assert_eq!(
        lines.len(),
        help.lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("  -") && !line.starts_with("  NAME"))
            .count()
            + 1
    );
    assert_eq!(lines.last().unwrap()[0], "total");
}

#[test]
fn what_is_named_is_measured_and_nothing_else() {
    let output = bench(&["yield", "--time", "2", "null-call"]);
    let names: Vec<_> =
        text(&output).lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["null-call", "yield", "total"]);
}

#[test]
fn what_it_does_not_know_is_refused_in_one_line() {
    let output = bench(&["spoon"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "bench: there is no measurement or option `spoon`; see --help\n");
}
