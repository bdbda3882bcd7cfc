//! A picture: one band a level, outermost on top, its classes inside, an arrow for the one direction.

use super::{Hierarchy, classes_of, rank};

/// Width of the picture.
const WIDTH: usize = 860;
/// Left edge of the bands.
const LEFT: usize = 40;
/// Height of a band's heading.
const HEADING: usize = 46;
/// Height of a class's line.
const LINE: usize = 20;
/// Space between bands.
const GAP: usize = 10;
/// The bands' colours, from the outermost in.
const COLOURS: [&str; 4] = ["#e8f1fb", "#e6f6ee", "#fdf4e3", "#f6e9f4"];

/// Escapes what XML reserves.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Draws it.
pub(super) fn render(hierarchy: &Hierarchy) -> String {
    let mut body = Vec::new();
    let mut top = 20;
    for (index, level) in hierarchy.levels.iter().enumerate() {
        let classes: Vec<_> = classes_of(hierarchy, level).collect();
        let height = HEADING + classes.len() * LINE + if classes.is_empty() { 0 } else { 8 };
        body.push(format!(
            "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"6\" fill=\"{}\" stroke=\"#8899aa\"/>",
            WIDTH - LEFT - 20,
            COLOURS[index % COLOURS.len()]
        ));
        body.push(format!(
            "<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{} {}</text>",
            LEFT + 12,
            top + 19,
            level.number,
            level.name
        ));
        body.push(format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"#445566\">{}</text>",
            LEFT + 12,
            top + 36,
            escape(level.doc)
        ));
        for (line, class) in classes.iter().enumerate() {
            let y = top + HEADING + line * LINE + 12;
            body.push(format!(
                "<text x=\"{}\" y=\"{y}\" font-size=\"13\"><tspan font-family=\"monospace\">{} {}</tspan> \
                 <tspan fill=\"#445566\">{}; {}</tspan></text>",
                LEFT + 28,
                rank(class),
                class.name,
                escape(class.doc),
                class.order
            ));
        }
        top += height + GAP;
    }
    let bottom = top - GAP;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" font-family=\"sans-serif\" \
         font-size=\"15\">\n\
         <title>Locks are acquired downwards only</title>\n\
         <defs><marker id=\"tip\" markerWidth=\"10\" markerHeight=\"10\" refX=\"5\" refY=\"5\" orient=\"auto\">\
         <path d=\"M0,0 L10,5 L0,10 z\" fill=\"#445566\"/></marker></defs>\n\
         <line x1=\"20\" y1=\"20\" x2=\"20\" y2=\"{}\" stroke=\"#445566\" stroke-width=\"2\" marker-end=\"url(#tip)\"/>\n\
         {}\n</svg>\n",
        bottom + 20,
        bottom - 6,
        body.join("\n")
    )
}
