//! You are the scheduler, in a browser: one page with the program, its graph, and nothing else to load.

use laboratory::explore::{Graph, Node};
use laboratory::scenarios::Scenario;
use serde_json::{Value, json};

use super::draw;

/// The page, with marks where a scenario's words go.
const PAGE: &str = include_str!("page.html");

/// A node as the page's program reads it.
fn node(node: &Node) -> Value {
    let machine = &node.machine;
    let thread = |number: usize| {
        let state = &machine.threads[number];
        let held: Vec<_> = state
            .held
            .iter()
            .map(|(object, site)| json!([machine.objects[*object].name, site.line()]))
            .collect();
        let wait = machine.wait(number);
        json!({
            "next": machine.words(number),
            "line": state.next.map_or(0, |(_, site)| site.line()),
            "held": held,
            "waits": wait.as_ref().map(|wait| &wait.words),
            "what": wait.as_ref().map(|wait| &wait.what),
            "ended": state.ended,
        })
    };
    let circle: Vec<_> = machine.circle();
    json!({
        "threads": (0..machine.threads.len()).map(thread).collect::<Vec<_>>(),
        "moves": node.moves,
        "ways": node.ways,
        "freezing": node.freezing,
        "frozen": machine.is_frozen(),
        "circle": circle,
    })
}

/// Text in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page of a scenario.
#[must_use]
pub fn page(scenario: &Scenario, graph: &Graph) -> String {
    let first = &graph.nodes[0].machine;
    let threads: Vec<_> =
        first.threads.iter().map(|thread| json!([thread.name, thread.cpu, thread.is_handler])).collect();
    let data = json!({
        "threads": threads,
        "nodes": graph.nodes.iter().map(node).collect::<Vec<_>>(),
    });
    let item = |line: &str| {
        let (number, code) = line.split_at(line.len().min(6));
        let number = number.trim();
        format!("<li id=\"line-{number}\" value=\"{number}\"><code>{}</code></li>\n", escaped(code))
    };
    let lines: String = draw::program(scenario).lines().map(item).collect();
    let parts = [
        ("{{title}}", escaped(scenario.title)),
        ("{{story}}", escaped(scenario.story)),
        ("{{bug}}", escaped(scenario.bug)),
        ("{{goal}}", escaped(scenario.goal)),
        ("{{program}}", lines),
        // In a script a `<` could end it.
        ("{{data}}", data.to_string().replace('<', "\\u003c")),
    ];
    let mut page = PAGE.to_owned();
    for (mark, text) in parts {
        page = page.replace(mark, &text);
    }
    page
}
