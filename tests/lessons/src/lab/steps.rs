//! A freeze, step by step.

use laboratory::explore::Graph;
use laboratory::machine::Machine;
use laboratory::run::Running;
use laboratory::scenarios::Scenario;

/// A step that was made: by which thread, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The thread's number.
    pub thread: usize,
    /// In words.
    pub words: String,
}

/// Runs a program along the shortest path that freezes, and gives its steps and the machine at their end.
///
/// # Errors
///
/// It does not freeze.
pub fn freeze(scenario: &Scenario, graph: &Graph) -> Result<(Vec<Step>, Machine), String> {
    let path = graph.shortest_freeze().ok_or_else(|| format!("{} never freezes", scenario.name))?;
    let running = Running::start(scenario.program);
    let mut steps = Vec::new();
    for thread in path {
        let words =
            running.move_on(thread).ok_or_else(|| format!("{} does not go that way", scenario.name))?;
        steps.push(Step { thread, words });
    }
    let machine = running.machine();
    if machine.is_frozen() { Ok((steps, machine)) } else { Err(format!("{} is not frozen", scenario.name)) }
}
