//! The orders that a running kernel has really taken.
//!
//! The kernel with the run-time checker boots on four CPUs with a disk, runs the program of `tests/guest/behaviour` and uses the disk, and
//! tells what `/proc/lockorder/edges` and `stat` have then: which class was acquired under which other one, and how often each
//! was acquired and found contended. A class that nothing has acquired is one that no test takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::sink;
use std::time::Duration;

use super::{Hierarchy, classes_of, rank};
use crate::failure::Failure;
use crate::image::Variant;
use crate::initramfs::Addition;
use crate::machine::{Machine, Work};
use crate::provision::{self, Need};
use crate::{disk, guest, report};

/// How long the guest may take.
const DEADLINE: Duration = Duration::from_mins(15);
/// MiB of the disk.
const DISK: u32 = 16;
/// What the guest does. The lines that begin with `@` divide what it tells.
const COMMAND: &str = "/behaviour | tail -n 1; mkdir /mnt && mount -t ext3 /dev/vda /mnt && cp /bin/busybox /mnt/copy && \
                       /mnt/copy echo 'the disk works' && mkdir /mnt/folder && rm /mnt/copy && sync && umount /mnt; \
                       mkfifo /tmp/named; (echo named > /tmp/named &); cat /tmp/named; echo @edges; cat /proc/lockorder/edges; echo @uses; cat /proc/lockorder/stat; echo @end";

/// How often a class was acquired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Acquisitions.
    pub acquisitions: u64,
    /// Those that found the lock held.
    pub contended: u64,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The outer class, and the one that was acquired under it.
    pub edges: BTreeSet<(String, String)>,
    /// By class.
    pub uses: BTreeMap<String, Use>,
}

impl Observed {
    /// Reads what a guest has told; none where a part of it is missing.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let (_, rest) = output.split_once("@edges")?;
        let (edges, rest) = rest.split_once("@uses")?;
        let (uses, _) = rest.split_once("@end")?;
        let edge =
            |line: &str| line.trim().split_once(" -> ").map(|(from, to)| (from.to_owned(), to.to_owned()));
        let usage = |line: &str| {
            let mut words = line.split_whitespace();
            let name = words.next()?.to_owned();
            let acquisitions = words.next()?.parse().ok()?;
            Some((name, Use { acquisitions, contended: words.next()?.parse().ok()? }))
        };
        let observed = Self {
            edges: edges.lines().filter_map(edge).collect(),
            uses: uses.lines().filter_map(usage).collect(),
        };
        (!observed.uses.is_empty()).then_some(observed)
    }

    /// Boots the checked kernel, and asks it.
    ///
    /// # Errors
    ///
    /// [`Failure`]: something is missing or cannot be built, or the guest does not end or does not tell.
    pub fn of_a_run() -> Result<Self, Failure> {
        let machine = Machine {
            cpus: 4,
            memory: 512,
            work: Work::Command(COMMAND.to_owned()),
            deadline: Some(DEADLINE),
            ..Machine::default()
        };
        provision::provide_all(&[&Need::KERNEL[..], &Need::DISK, &machine.needs()].concat())?;
        let program = guest::build("guest-behaviour", "building what the guest runs")?;
        let addition: Addition =
            format!("{}:behaviour", program.display()).parse().map_err(|_| Failure::Step("naming a file"))?;
        let kernel = Variant::CHECKED.build()?;
        let folder = tempfile::TempDir::new().map_err(|error| Failure::File(std::env::temp_dir(), error))?;
        let image = folder.path().join("disk");
        disk::write(&image, DISK, None)?;
        report::progress("running some four hundred tests with the checker on; this takes minutes");
        let machine = Machine { additions: vec![addition], disk: Some(image), ..machine };
        let outcome = machine.run(&kernel, Box::new(sink()))?;
        Self::parse(&outcome.output).ok_or(Failure::Unobserved)
    }

    /// The classes under which one was acquired.
    fn outer<'o>(&'o self, class: &'o str) -> impl Iterator<Item = &'o str> {
        self.edges.iter().filter(move |(_, to)| to == class).map(|(from, _)| from.as_str())
    }
}

/// A table: each class with how often it was acquired, found contended, and under which others.
pub(super) fn text(hierarchy: &Hierarchy, observed: &Observed) -> String {
    let widest = hierarchy.classes.iter().map(|class| class.name.len() + 2).max().unwrap_or(0);
    let row = |place: &str, name: &str, count: &str, contended: &str, under: &str| {
        format!("{place:<7}{name:<widest$}  {count:>12}  {contended:>9}  {under}").trim_end().to_owned()
            + "\n"
    };
    let mut text = row("rank", "class", "acquisitions", "contended", "acquired under");
    for level in hierarchy.levels {
        text += &row(&level.number.to_string(), level.name, "", "", "");
        for class in classes_of(hierarchy, level) {
            let Use { acquisitions, contended } = observed.uses.get(class.name).copied().unwrap_or_default();
            let under: Vec<_> = observed.outer(class.name).collect();
            let name = format!("  {}", class.name);
            let place = format!(" {}", rank(class));
            text += &row(&place, &name, &acquisitions.to_string(), &contended.to_string(), &under.join(", "));
        }
    }
    text
}

/// How a language of graphs writes a node and an edge.
struct Syntax {
    /// Between a node's name and its label, and after that.
    label: [&'static str; 2],
    /// Between the ends of an edge.
    arrow: &'static str,
    /// After each statement.
    end: &'static str,
}

/// All classes with how often each was acquired, and the orders that were taken.
fn graph(hierarchy: &Hierarchy, observed: &Observed, syntax: &Syntax) -> String {
    let Syntax { label: [open, close], arrow, end } = syntax;
    let mut lines = String::new();
    for class in &hierarchy.classes {
        let count = observed.uses.get(class.name).copied().unwrap_or_default().acquisitions;
        // Into a string it never fails.
        let _ =
            writeln!(lines, "    {}{open}{} {}: {count}{close}{end}", class.name, rank(class), class.name);
    }
    for (from, to) in &observed.edges {
        let _ = writeln!(lines, "    {from} {arrow} {to}{end}");
    }
    lines
}

/// A Mermaid flowchart of classes and the orders that were taken.
pub(super) fn mermaid(hierarchy: &Hierarchy, observed: &Observed) -> String {
    let syntax = Syntax { label: ["[\"", "\"]"], arrow: "-->", end: "" };
    format!("flowchart TB\n{}", graph(hierarchy, observed, &syntax))
}

/// The same for Graphviz.
pub(super) fn dot(hierarchy: &Hierarchy, observed: &Observed) -> String {
    let syntax = Syntax { label: ["[label=\"", "\"]"], arrow: "->", end: ";" };
    let graph = graph(hierarchy, observed, &syntax);
    format!("digraph {} {{\n    node [shape=box];\n{graph}}}\n", hierarchy.name)
}

#[cfg(test)]
mod tests {
    use super::{Observed, Use};
    use crate::hierarchy::{Format, Hierarchy, render_observed};

    lockorder::hierarchy! {
        /// A small one.
        hierarchy FEW;
        /// Threads.
        level Scheduler = 10 {
            /// Parents and children.
            class Tree = 1;
        }
        /// Files.
        level Filesystem = 40 {
            /// A file.
            class Node = 3;
            /// A link.
            class Link = 4;
        }
    }

    const TOLD: &str =
        "noise\n@edges\nTree -> Node\n@uses\nclass acquisitions contended\nTree 12 1\nNode 5 0 7\n@end\n";

    #[test]
    fn what_a_guest_tells_is_read() {
        let observed = Observed::parse(TOLD).unwrap();
        assert_eq!(observed.edges.iter().next().unwrap(), &("Tree".to_owned(), "Node".to_owned()));
        assert_eq!(observed.uses["Tree"], Use { acquisitions: 12, contended: 1 });
        assert!(Observed::parse("@edges\n@uses\nthe run-time checker is off in this kernel\n@end").is_none());
        assert!(Observed::parse("@edges\nTree -> Node\n").is_none());
    }

    #[test]
    fn it_is_drawn() {
        let hierarchy = Hierarchy::new(&FEW, FEW.classes.iter().copied());
        let observed = Observed::parse(TOLD).unwrap();
        let text = "\
rank   class   acquisitions  contended  acquired under
10     Scheduler
 10.1    Tree            12          1
40     Filesystem
 40.3    Node             5          0  Tree
 40.4    Link             0          0
";
        let drawn = render_observed(&hierarchy, &observed, Format::Text).unwrap();
        assert_eq!(drawn, text);
        assert!(
            render_observed(&hierarchy, &observed, Format::Mermaid).unwrap().contains("    Tree --> Node\n")
        );
        assert!(render_observed(&hierarchy, &observed, Format::Dot).unwrap().contains("    Tree -> Node;\n"));
        assert!(render_observed(&hierarchy, &observed, Format::Svg).is_none());
    }
}
