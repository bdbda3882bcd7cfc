//! `/proc/lockorder` and `/proc/dag_stats`: the lock classes of this kernel, and what is known of their use.
//!
//! | file | a line |
//! |---|---|
//! | `hierarchy` | a level, and under it its classes, outermost first |
//! | `classes` | a class: rank, name, level, where it is declared, how two of it are ordered, what it protects |
//! | `edges` | two classes of which the second was acquired under the first: what the run-time checker has seen |
//! | `stat` | a class: acquisitions, contended ones, waits and holds |
//! | `unimplemented` | a system call that programs have asked for in vain: number, name, program, how often |
//!
//! The table of classes is there in every kernel, since the linker gathers it. What is observed needs the checker, which is a build of its
//! own; where it is off, the file says so in one line.

use abi::{Result, calls};
use base::levels::KERNEL;
use lockorder::{CLASSES, ClassInfo, Rank, Root, Task};

use super::fixed::{Entry, Leaf};
use super::text::Text;
use crate::system::System;
use crate::unimplemented;

/// `/proc/lockorder`.
pub(super) const ENTRIES: [Entry; 5] = [
    Entry { name: "hierarchy", number: 20, leaf: Leaf::File(hierarchy) },
    Entry { name: "classes", number: 21, leaf: Leaf::File(classes) },
    Entry { name: "edges", number: 22, leaf: Leaf::File(edges) },
    Entry { name: "stat", number: 23, leaf: Leaf::File(statistics) },
    Entry { name: "unimplemented", number: 24, leaf: Leaf::File(asked_in_vain) },
];

/// What is said where nothing is observed.
#[cfg(not(feature = "checker"))]
const OFF: &[u8] =
    b"the run-time checker is off in this kernel; `cargo run -- run --checker on` boots one where it is on\n";

/// The class after a rank and the place of its row, in that order: classes that share a rank on purpose come one after the other.
fn after(last: Option<(u16, usize)>) -> Option<(u16, usize, &'static ClassInfo)> {
    // Those of the workloads that test the kernel from inside are in the image, and no part of it.
    let is_own = |class: &ClassInfo| class.module.split("::").next() != Some("selftest");
    let own = CLASSES.iter().enumerate().filter(|(_, class)| is_own(class));
    let places = own.map(|(place, class)| (class.rank, place, *class));
    places
        .filter(|&(rank, place, _)| last.is_none_or(|last| (rank, place) > last))
        .min_by_key(|&(rank, place, _)| (rank, place))
}

/// Calls `each` with every class, outermost first.
fn each_class(mut each: impl FnMut(&'static ClassInfo) -> Result<()>) -> Result<()> {
    let mut last = None;
    while let Some((rank, place, class)) = after(last) {
        each(class)?;
        last = Some((rank, place));
    }
    Ok(())
}

/// The first line of a text.
fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim()
}

fn hierarchy(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    for level in KERNEL.levels {
        text.put(format_args!("{} {}: {}\n", level.number, level.name, first_line(level.doc)))?;
        each_class(|class| {
            if class.level_number() != level.number {
                return Ok(());
            }
            text.put(format_args!("  {} {}: {}\n", Rank(class.rank), class.name, first_line(class.doc)))
        })?;
    }
    Ok(())
}

fn classes(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    each_class(|class| {
        text.put(format_args!(
            "{} {} {} {} ({}): {}\n",
            Rank(class.rank),
            class.name,
            class.level,
            class.module,
            class.order,
            first_line(class.doc)
        ))
    })
}

#[cfg(not(feature = "checker"))]
fn edges(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(OFF)
}

#[cfg(feature = "checker")]
fn edges(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let mut result = Ok(());
    lockorder::checker::CHECKER.each_edge(|from, to| {
        if result.is_ok() {
            result = text.put(format_args!("{} -> {}\n", from.name, to.name));
        }
    });
    result
}

#[cfg(not(feature = "checker"))]
fn statistics(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(OFF)
}

#[cfg(feature = "checker")]
fn statistics(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(
        b"class acquisitions contended reacquisitions blocks total_wait longest_wait total_hold longest_hold\n",
    )?;
    let snapshot = lockorder::statistics::snapshot();
    let mut result = Ok(());
    lockorder::checker::CHECKER.each_class(|class| {
        let counted = snapshot.class(lockorder::checker::hooks::number_of(class));
        if result.is_ok() && counted.acquisitions > 0 {
            result = text.put(format_args!(
                "{} {} {} {} {} {} {} {} {}\n",
                class.name,
                counted.acquisitions,
                counted.contended,
                counted.reacquisitions,
                counted.blocks,
                counted.total_wait,
                counted.longest_wait,
                counted.total_hold,
                counted.longest_hold
            ));
        }
    });
    result
}

#[cfg(not(feature = "checker"))]
pub(super) fn order_statistics(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    text.bytes(OFF)
}

#[cfg(feature = "checker")]
pub(super) fn order_statistics(_held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let snapshot = lockorder::statistics::snapshot();
    let order = snapshot.order();
    text.put(format_args!(
        "total_acquisitions: {}\ndag_checks: {}\nviolations_detected: {}\n",
        order.total_acquisitions, order.dag_checks, order.violations_detected
    ))?;
    for (level, count) in order.violations_by_level.iter().enumerate() {
        if let Some(info) = KERNEL.levels.iter().find(|info| usize::from(info.number) == level) {
            text.put(format_args!("violations_by_level[{level} {}]: {count}\n", info.name))?;
        } else if *count > 0 {
            text.put(format_args!("violations_by_level[{level}]: {count}\n"))?;
        }
    }
    text.put(format_args!("max_chain_length: {}\n", order.max_chain_length))
}

fn asked_in_vain(held: &mut Root<'_, Task>, _system: &System, text: &mut Text) -> Result<()> {
    let mut place = 0;
    while let Some(asked) = unimplemented::at(held, place) {
        place += 1;
        let name = usize::try_from(asked.number).ok().and_then(calls::name).unwrap_or("?");
        text.put(format_args!("{} {name} ", asked.number))?;
        text.field(asked.program(), b" ")?;
        text.put(format_args!(" {}\n", asked.count))?;
    }
    match unimplemented::others() {
        0 => Ok(()),
        others => text.put(format_args!("others {others}\n")),
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::each_class;

    #[test]
    fn classes_come_by_rank_and_each_once() {
        let mut ranks = Vec::new();
        each_class(|class| {
            ranks.push(class.rank);
            Ok(())
        })
        .unwrap();
        assert!(ranks.is_sorted() && ranks.len() == lockorder::CLASSES.iter().count());
    }
}
