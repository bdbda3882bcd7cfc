//! You are the scheduler, in a terminal: a line is a thread's number, or a letter.

use std::io::{self, BufRead, Write};

use laboratory::explore::{Graph, Node};
use laboratory::scenarios::Scenario;

use super::draw;

/// What can be typed.
const HELP: &str = "a number moves that thread; u takes a step back, h gives a hint, r begins again, q ends";

/// The moves of a node, numbered.
fn moves(node: &Node) -> String {
    let row = |(thread, _): &(usize, usize)| {
        let name = node.machine.threads[*thread].name;
        let line = node.machine.threads[*thread].next.map_or(0, |(_, site)| site.line());
        format!("  {}  {name} {} (line {line})\n", thread + 1, node.machine.words(*thread))
    };
    node.moves.iter().map(row).collect()
}

/// What to do next to freeze it.
fn hint(graph: &Graph, node: &Node) -> String {
    if node.freezing == 0 {
        return "From here no interleaving freezes: take a step back.\n".to_owned();
    }
    let best = node.moves.iter().find(|(_, next)| graph.nodes[*next].freezing > 0);
    best.map_or_else(String::new, |(thread, _)| {
        format!("Move {}: {}.\n", thread + 1, node.machine.threads[*thread].name)
    })
}

/// Plays until the input ends.
///
/// # Errors
///
/// Input or output fails.
pub fn play(
    scenario: &Scenario,
    graph: &Graph,
    input: impl BufRead,
    out: &mut impl Write,
    prompt: bool,
) -> io::Result<()> {
    let first = &graph.nodes[0];
    write!(out, "== {}\n\n{}\n\nYour aim: {}\n\n", scenario.title, scenario.story, scenario.goal)?;
    write!(
        out,
        "{}\n{} of {} interleavings freeze.\n{HELP}\n",
        draw::program(scenario),
        first.freezing,
        first.ways
    )?;
    let mut path = vec![0];
    let mut lines = input.lines();
    loop {
        let node = &graph.nodes[*path.last().unwrap_or(&0)];
        write!(out, "\n{}\n{}", draw::stacks(&node.machine), moves(node))?;
        if node.machine.is_frozen() {
            write!(out, "Frozen.\n{}", draw::circle(&node.machine))?;
        } else if node.moves.is_empty() {
            writeln!(out, "All have ended: this interleaving does not freeze. u takes a step back.")?;
        }
        if prompt {
            write!(out, "> ")?;
        }
        out.flush()?;
        let Some(line) = lines.next() else { return Ok(()) };
        match line?.trim() {
            "q" => return Ok(()),
            "u" => {
                if path.len() > 1 {
                    path.pop();
                }
            }
            "r" => path.truncate(1),
            "h" => write!(out, "{}", hint(graph, node))?,
            word => {
                let number = word.parse::<usize>().ok();
                let chosen = node.moves.iter().find(|(thread, _)| Some(thread + 1) == number);
                if let Some((_, next)) = chosen {
                    path.push(*next);
                    continue;
                }
                let thread = number.and_then(|number| number.checked_sub(1));
                let thread = thread.filter(|thread| *thread < node.machine.threads.len());
                match thread.and_then(|thread| node.machine.wait(thread)) {
                    Some(wait) => writeln!(out, "It cannot move: it {}.", wait.words)?,
                    None => writeln!(out, "{HELP}")?,
                }
            }
        }
    }
}
