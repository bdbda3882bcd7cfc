//! A machine in a terminal: what each thread holds and waits for, the circle, and what happened.

use std::fmt::Write;

use laboratory::machine::{Machine, ThreadId};
use laboratory::scenarios::{Scenario, Typed};

use super::steps::Step;

/// Columns of one thread.
const WIDTH: usize = 34;

/// A text with the numbers of its lines.
pub(super) fn numbered(text: &str) -> String {
    let rows = text.lines().enumerate().map(|(number, line)| format!("{:>4}  {line}", number + 1));
    rows.map(|row| row.trim_end().to_owned() + "\n").collect()
}

/// The lines of a scenario's program that are the program, with their numbers.
pub(super) fn program(scenario: &Scenario) -> String {
    let begin = scenario.text.lines().position(|line| line.starts_with("pub(super) fn program"));
    let rows = scenario.text.lines().enumerate().skip(begin.map_or(0, |line| line + 1));
    let rows = rows.take_while(|(_, line)| *line != "}");
    let row = |(number, line): (usize, &str)| {
        let line = line.strip_prefix("    ").unwrap_or(line);
        format!("{:>4}  {line}\n", number + 1)
    };
    rows.map(row).collect()
}

/// A text in a column.
fn cell(text: &str) -> String {
    format!("{text:<WIDTH$}  ")
}

/// The stacks of held locks, side by side, the innermost lowest, and what each thread wants.
pub(super) fn stacks(machine: &Machine) -> String {
    let mut columns: Vec<Vec<String>> = Vec::new();
    for (number, thread) in machine.threads.iter().enumerate() {
        let kind = if thread.is_handler { ", handler" } else { "" };
        let mut column = vec![format!("{} (CPU {}{kind})", thread.name, thread.cpu), "-".repeat(WIDTH)];
        for (object, site) in &thread.held {
            column.push(format!("holds {}, line {}", machine.objects[*object].name, site.line()));
        }
        if let (Some(wait), Some((_, site))) = (machine.wait(number), thread.next) {
            column.push(format!("wants {}, line {}", wait.what, site.line()));
        } else if thread.ended {
            column.push("has ended".to_owned());
        }
        columns.push(column);
    }
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for row in 0..rows {
        let line: String =
            columns.iter().map(|column| cell(column.get(row).map_or("", String::as_str))).collect();
        writeln!(text, "  {}", line.trim_end()).expect("a string takes everything");
    }
    text
}

/// Who waits for whom, a line each, and the circle if there is one.
pub(super) fn circle(machine: &Machine) -> String {
    let mut text = "\n".to_owned();
    let name = |thread: ThreadId| machine.threads[thread].name;
    for (number, thread) in machine.threads.iter().enumerate() {
        if let Some(wait) = machine.wait(number) {
            writeln!(text, "  {} {}", thread.name, wait.words).expect("a string takes everything");
        }
    }
    let circle = machine.circle();
    if circle.is_empty() {
        return text + "\n  No circle: nobody is left who could end the wait.\n";
    }
    text += "\n  ";
    for thread in &circle {
        let what = machine.wait(*thread).map_or_else(String::new, |wait| wait.what);
        write!(text, "{} --[{what}]--> ", name(*thread)).expect("a string takes everything");
    }
    writeln!(text, "{}", name(circle[0])).expect("a string takes everything");
    text
}

/// What happened, a row a step, a column a thread.
pub(super) fn timeline(steps: &[Step], machine: &Machine) -> String {
    let mut text = String::new();
    let heads: String = machine.threads.iter().map(|thread| cell(thread.name)).collect();
    writeln!(text, "  step  {}", heads.trim_end()).expect("a string takes everything");
    for (number, step) in steps.iter().enumerate() {
        let row: String = (0..machine.threads.len())
            .map(|thread| cell(if thread == step.thread { &step.words } else { "" }))
            .collect();
        writeln!(text, "  {:>4}  {}", number + 1, row.trim_end()).expect("a string takes everything");
    }
    let ends: String = (0..machine.threads.len())
        .map(|thread| {
            let waits = machine.wait(thread).map(|wait| format!("waits for {}", wait.what));
            cell(&waits.unwrap_or_else(|| "has ended".to_owned()))
        })
        .collect();
    writeln!(text, "   end  {}", ends.trim_end()).expect("a string takes everything");
    text
}

/// What the mended program has that the refused one has not, and the other way round.
pub(super) fn difference(typed: &Typed) -> String {
    let Ok((refused, _)) = typed.refused else { return numbered(typed.mended) };
    let (old, new): (Vec<_>, Vec<_>) = (refused.lines().collect(), typed.mended.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest =
        old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(old, new)| old == new).count();
    let rows = |mark: char, lines: &[&str]| {
        lines.iter().map(|line| format!("  {mark} {line}").trim_end().to_owned() + "\n").collect::<String>()
    };
    rows('-', &old[same..old.len() - rest]) + &rows('+', &new[same..new.len() - rest])
}
