//! A Graphviz graph: one node a level, one edge from each to the next one in.

use super::{Hierarchy, classes_of, rank};

/// Escapes what a quoted string reserves.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Draws it.
pub(super) fn render(hierarchy: &Hierarchy) -> String {
    let mut lines = vec![
        format!("digraph {} {{", hierarchy.name),
        "    rankdir=TB;".to_owned(),
        "    node [shape=box, fontname=\"sans-serif\"];".to_owned(),
    ];
    for level in hierarchy.levels {
        let mut label = vec![format!("{} {}\\n{}", level.number, level.name, escape(level.doc))];
        label.extend(
            classes_of(hierarchy, level)
                .map(|class| format!("{} {} ({})", rank(class), class.name, class.order)),
        );
        lines.push(format!("    {} [label=\"{}\\l\"];", level.name, label.join("\\l")));
    }
    for pair in hierarchy.levels.windows(2) {
        lines.push(format!("    {} -> {};", pair[0].name, pair[1].name));
    }
    lines.push("}".to_owned());
    lines.join("\n") + "\n"
}
