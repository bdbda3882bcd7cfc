//! A table for terminals.

use super::{Hierarchy, classes_of, rank};

/// Draws it.
pub(super) fn render(hierarchy: &Hierarchy) -> String {
    let widest = hierarchy
        .levels
        .iter()
        .map(|level| level.name.len())
        .chain(hierarchy.classes.iter().map(|class| class.name.len() + 2))
        .max()
        .unwrap_or(0);
    let orders = hierarchy.classes.iter().map(|class| class.order.to_string().len());
    let order_width = orders.chain(["two together".len()]).max().unwrap_or(0);
    let row = |place: &str, name: &str, order: &str, doc: &str| {
        format!("{place:<7}{name:<widest$}  {order:<order_width$}  {doc}").trim_end().to_owned() + "\n"
    };
    let mut text = row("rank", "class", "two together", "protects");
    for level in hierarchy.levels {
        text += &row(&level.number.to_string(), level.name, "", level.doc);
        for class in classes_of(hierarchy, level) {
            let shared = class
                .sibling
                .map_or_else(String::new, |sibling| format!(" (shares its rank with {sibling})"));
            text += &row(
                &format!(" {}", rank(class)),
                &format!("  {}", class.name),
                &class.order.to_string(),
                &format!("{}{shared}", class.doc),
            );
        }
    }
    text
}
