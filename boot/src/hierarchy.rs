//! The lock hierarchy, drawn from the class table that the kernel's own types come from.

mod dot;
mod mermaid;
mod observed;
mod svg;
mod text;

use lockorder::{ClassInfo, LevelInfo};

pub use observed::{Observed, Use};

/// How to draw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for terminals
    #[default]
    Text,
    /// A Mermaid flowchart, for Markdown
    Mermaid,
    /// Graphviz
    Dot,
    /// A picture
    Svg,
}

/// Levels, and classes that were declared in them, by whichever crate.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    name: &'static str,
    levels: &'static [&'static LevelInfo],
    classes: Vec<&'static ClassInfo>,
}

impl Hierarchy {
    /// The levels of a table, and these classes in them.
    pub fn new(table: &lockorder::Hierarchy, classes: impl Iterator<Item = &'static ClassInfo>) -> Self {
        let mut classes: Vec<_> = classes.collect();
        classes.sort_by_key(|class| (class.rank, class.sibling.is_some(), class.name));
        Self { name: table.name, levels: table.levels, classes }
    }

    /// The kernel's, or that of the workloads that test it.
    #[must_use]
    pub fn of_kernel(of_selftest: bool) -> Self {
        Self::new(kernel::LEVELS, kernel::classes(of_selftest))
    }
}

/// Draws `hierarchy`.
#[must_use]
pub fn render(hierarchy: &Hierarchy, format: Format) -> String {
    match format {
        Format::Text => text::render(hierarchy),
        Format::Mermaid => mermaid::render(hierarchy),
        Format::Dot => dot::render(hierarchy),
        Format::Svg => svg::render(hierarchy),
    }
}

/// Draws `hierarchy` with the orders that a running kernel has taken; none for a picture, which has no place for them.
#[must_use]
pub fn render_observed(hierarchy: &Hierarchy, observed: &Observed, format: Format) -> Option<String> {
    match format {
        Format::Text => Some(observed::text(hierarchy, observed)),
        Format::Mermaid => Some(observed::mermaid(hierarchy, observed)),
        Format::Dot => Some(observed::dot(hierarchy, observed)),
        Format::Svg => None,
    }
}

/// The classes of one level, outermost first.
fn classes_of<'h>(
    hierarchy: &'h Hierarchy,
    level: &'h LevelInfo,
) -> impl Iterator<Item = &'static ClassInfo> + 'h {
    hierarchy.classes.iter().copied().filter(|class| class.level == level.name)
}

/// A class's rank as people write it.
fn rank(class: &ClassInfo) -> String {
    lockorder::Rank(class.rank).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Format, Hierarchy, render};

    lockorder::hierarchy! {
        /// A small one.
        hierarchy SMALL;
        /// Threads & "processes".
        level Scheduler = 10 {
            /// Parents and children.
            class ProcessTree = 1;
        }
        /// Files.
        level Filesystem = 40 {
            /// A file.
            class Inode = 3, order = key;
            /// A link.
            class Link = 3, sibling of Inode;
        }
        /// Nothing yet.
        level Crypto = 70;
    }

    fn small() -> Hierarchy {
        Hierarchy::new(&SMALL, SMALL.classes.iter().copied())
    }

    #[test]
    fn every_format_names_every_level_and_class_in_order() {
        for format in [Format::Text, Format::Mermaid, Format::Dot, Format::Svg] {
            let drawn = render(&small(), format);
            let mut rest = drawn.as_str();
            for name in ["Scheduler", "ProcessTree", "Filesystem", "Inode", "Link", "Crypto"] {
                let place = rest.find(name).unwrap_or_else(|| panic!("{format:?} lacks {name}:\n{drawn}"));
                rest = &rest[place..];
            }
        }
    }

    #[test]
    fn text_is_a_table() {
        let expected = "\
rank   class          two together   protects
10     Scheduler                     Threads & \"processes\".
 10.1    ProcessTree  one at a time  Parents and children.
40     Filesystem                    Files.
 40.3    Inode        by key         A file.
 40.3    Link         one at a time  A link. (shares its rank with Inode)
70     Crypto                        Nothing yet.
";
        assert_eq!(render(&small(), Format::Text), expected);
    }

    #[test]
    fn diagrams_escape_what_their_language_reserves() {
        assert!(render(&small(), Format::Svg).contains("Threads &amp; &quot;processes&quot;."));
        assert!(render(&small(), Format::Dot).contains("Threads & \\\"processes\\\"."));
        assert!(render(&small(), Format::Mermaid).contains("Threads &amp; &quot;processes&quot;."));
    }
}
