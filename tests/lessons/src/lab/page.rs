//! You are the scheduler, in a browser: one page with the program, its graph, and nothing else to load.

use laboratory::explore::{Graph, Node};
use laboratory::scenarios::Scenario;
use serde_json::{Value, json};

use super::draw;
use super::judge::Lights;

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

/// A text as it is.
fn block(text: &str) -> String {
    format!("<pre tabindex=\"0\">{}</pre>\n", escaped(text.trim_end()))
}

/// What compiler and checker say, to be opened by whoever wants to know.
fn shown(scenario: &Scenario, lights: &Lights) -> String {
    let typed = match (&scenario.typed.refused, &lights.refused) {
        (Ok((text, _)), Some(message)) => block(text) + "<p>The compiler refuses it:</p>\n" + &block(message),
        (Err(why), _) => format!("<p>No error: {}.</p>\n", escaped(why)),
        (Ok((text, _)), None) => block(text),
    };
    let dynamic = match (&scenario.typed.dynamic, &lights.report) {
        (Ok((text, _)), Some(report)) => {
            block(text) + "<p>The run-time checker reports:</p>\n" + &block(report)
        }
        (Err(why), _) => format!("<p>No report: {}.</p>\n", escaped(why)),
        (Ok((text, _)), None) => block(text),
    };
    format!(
        "<details><summary>The same with typed locks</summary>\n{typed}<p>Mended, and accepted:</p>\n{}</details>\n\
         <details><summary>Past the types, with the run-time checker</summary>\n{dynamic}</details>\n",
        block(&draw::difference(&scenario.typed))
    )
}

/// The page of a scenario, with what compiler and checker say where that is given.
#[must_use]
pub fn page(scenario: &Scenario, graph: &Graph, lights: Option<&Lights>) -> String {
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
        ("{{lights}}", lights.map_or_else(String::new, |lights| shown(scenario, lights))),
        // In a script a `<` could end it.
        ("{{data}}", data.to_string().replace('<', "\\u003c")),
    ];
    let mut page = PAGE.to_owned();
    for (mark, text) in parts {
        page = page.replace(mark, &text);
    }
    page
}
