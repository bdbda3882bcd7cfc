//! A Mermaid flowchart: levels from the outermost down, each with its classes.

use super::{Hierarchy, classes_of, rank};

/// Escapes what HTML reserves: labels are HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws it.
pub(super) fn render(hierarchy: &Hierarchy) -> String {
    let mut lines = vec!["flowchart TB".to_owned()];
    for level in hierarchy.levels {
        let mut label = vec![format!("<b>{} {}</b><br/>{}", level.number, level.name, escape(level.doc))];
        label.extend(
            classes_of(hierarchy, level)
                .map(|class| format!("{} {} ({})", rank(class), class.name, class.order)),
        );
        lines.push(format!("    {}[\"{}\"]", level.name, label.join("<br/>")));
    }
    for pair in hierarchy.levels.windows(2) {
        lines.push(format!("    {} --> {}", pair[0].name, pair[1].name));
    }
    lines.join("\n") + "\n"
}
