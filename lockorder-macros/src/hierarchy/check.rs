//! The rules of a declaration, each an error at the offending token; all of them are reported at once.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span};

use super::parse::{ClassDeclaration, Declaration, Header, LevelDeclaration, Number};
use crate::error::{Error, Result};
use crate::syntax::{Attribute, Path};

/// Ranks in one level.
pub(crate) const RANKS_PER_LEVEL: u16 = 64;
/// The largest level number whose ranks fit sixteen bits.
const LAST_LEVEL: u16 = 1022;

/// Discipline of a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    None,
    Address,
    Key,
    Tree,
    Serial,
}

/// Where a class belongs.
pub(crate) enum Parent {
    /// The level at this index of the same invocation.
    Here(usize),
    /// A level of another module or crate.
    Elsewhere(Path),
}

/// A level whose number is known to be good.
pub(crate) struct Level {
    pub(crate) declaration: LevelDeclaration,
    pub(crate) number: u16,
}

/// A class whose place is known to be good.
pub(crate) struct Class {
    pub(crate) declaration: ClassDeclaration,
    pub(crate) parent: Parent,
    pub(crate) minor: u16,
    pub(crate) order: Order,
}

/// A declaration without errors. Classes stand in increasing rank, those of foreign levels last.
pub(crate) struct Checked {
    pub(crate) library: Option<Path>,
    pub(crate) header: Option<Header>,
    pub(crate) levels: Vec<Level>,
    pub(crate) classes: Vec<Class>,
}

/// Collects errors, so that one compilation shows all of them.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn push(&mut self, place: Span, message: impl Into<String>) {
        self.combine(Error::new(place, message));
    }

    fn combine(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }
}

/// Checks the levels: numbers in range and strictly increasing.
fn check_levels(declarations: &[LevelDeclaration], errors: &mut Errors) -> Vec<Option<u16>> {
    let mut previous: Option<(u16, &Ident)> = None;
    let mut numbers = Vec::new();
    for LevelDeclaration { name, number: Number { value, place }, .. } in declarations {
        let value = value.filter(|value| (1..=LAST_LEVEL).contains(value));
        numbers.push(value);
        let Some(value) = value else {
            errors.push(*place, format!("level numbers are 1 to {LAST_LEVEL}"));
            continue;
        };
        match previous {
            Some((before, owner)) if value == before => errors
                .push(*place, format!("level number {value} is taken by `{owner}`: a number is used once")),
            Some((before, outer)) if value < before => errors.push(
                *place,
                format!(
                    "levels are declared outermost first: {value} comes after {before} of `{outer}`; \
                     move `{name}` up"
                ),
            ),
            _ => {}
        }
        previous = Some((value, name));
    }
    numbers
}

/// The discipline that a class names.
fn order(class: &ClassDeclaration, errors: &mut Errors) -> Order {
    if let Some((word, _)) = &class.pairs
        && class.order.as_ref().is_none_or(|order| order != "tree")
    {
        errors.push(
            word.span(),
            "pairs are of a tree: `order = tree, pairs under …`; sorted classes have `lock_pair`",
        );
    }
    let Some(word) = &class.order else { return Order::None };
    match word.to_string().as_str() {
        "none" => Order::None,
        "address" => Order::Address,
        "key" => Order::Key,
        "tree" => Order::Tree,
        "serial" => Order::Serial,
        other => {
            errors.push(
                word.span(),
                format!(
                    "unknown discipline `{other}`: expected `none`, `address`, `key`, `tree` or `serial`"
                ),
            );
            Order::None
        }
    }
}

/// The level that a class outside of a level's braces names.
fn resolve(path: &Path, levels: &[LevelDeclaration], errors: &mut Errors) -> Option<Parent> {
    let Some(name) = path.as_name() else { return Some(Parent::Elsewhere(path.clone())) };
    if let Some(index) = levels.iter().position(|level| level.name == *name) {
        return Some(Parent::Here(index));
    }
    let declared = levels.iter().map(|level| format!("`{}`", level.name)).collect::<Vec<_>>();
    let declared = if declared.is_empty() {
        "none is declared here".to_owned()
    } else {
        format!("declared here: {}", declared.join(", "))
    };
    errors.push(
        name.span(),
        format!(
            "unknown level `{name}`; {declared}; for a level of another module or crate write its path, \
             for example `in kernel::{name}` or `in self::{name}`"
        ),
    );
    None
}

/// Who has a rank already: the parent's spelling and the minor number.
type Taken = HashMap<(String, u16), Ident>;

/// Checks one class's minor number against its level and the classes before it.
fn check_class(
    class: &ClassDeclaration,
    level: &str,
    previous: Option<&(u16, Ident)>,
    taken: &mut Taken,
    errors: &mut Errors,
) -> Option<u16> {
    let place = class.minor.place;
    let Some(minor) = class.minor.value.filter(|minor| *minor < RANKS_PER_LEVEL) else {
        let message = format!(
            "class `{}` lies outside of its level's band: minor numbers are 0 to {}",
            class.name,
            RANKS_PER_LEVEL - 1
        );
        errors.push(place, message);
        return None;
    };
    if let Some((before, name)) = previous
        && minor < *before
    {
        errors.push(
            place,
            format!(
                "classes are declared outermost first: {minor} comes after {before} of `{name}`; move `{}` up",
                class.name
            ),
        );
    }
    let rank = (level.to_owned(), minor);
    match (&class.sibling, taken.get(&rank)) {
        (None, Some(owner)) => errors.push(
            place,
            format!(
                "minor number {minor} of `{level}` is taken by `{owner}`: a rank is used once; if the two \
                 never nest, say so with `sibling of {owner}`"
            ),
        ),
        (Some(sibling), Some(_)) => {
            let shares = taken.iter().any(|(other, name)| *other == rank && name == sibling);
            if !shares {
                errors.push(sibling.span(), sibling_message(sibling, taken));
            }
        }
        (Some(sibling), None) => errors.push(sibling.span(), sibling_message(sibling, taken)),
        (None, None) => {
            taken.insert(rank, class.name.clone());
        }
    }
    Some(minor)
}

/// Why `sibling of` does not hold.
fn sibling_message(sibling: &Ident, taken: &Taken) -> String {
    match taken.iter().find(|(_, name)| *name == sibling) {
        Some(((level, minor), _)) => {
            format!("a sibling shares its rank, and `{sibling}` has minor number {minor} of `{level}`")
        }
        None => {
            format!("unknown class `{sibling}`: a sibling names a class declared before, which owns the rank")
        }
    }
}

/// Checks that attributes are documentation, and that the table can show it.
fn check_attributes<'a>(attributes: impl Iterator<Item = &'a Attribute>, errors: &mut Errors) {
    for attribute in attributes {
        if !attribute.is("doc") {
            errors.push(
                attribute.path.place(),
                "only documentation goes on hierarchies, levels and classes: the table shows all of them, in \
                 every build",
            );
        } else if let Err(error) = attribute.documentation() {
            errors.combine(error);
        }
    }
}

/// Checks that a name is declared once.
fn check_names<'a>(names: impl Iterator<Item = &'a Ident>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name.to_string()) {
            errors.push(name.span(), format!("`{name}` is declared twice"));
        }
    }
}

/// Checks everything.
pub(crate) fn check(declaration: Declaration) -> Result<Checked> {
    let mut errors = Errors::default();
    let Declaration { library, header, levels, classes: flat } = declaration;
    if header.is_none()
        && let Some(level) = levels.first()
    {
        errors.push(level.name.span(), "levels belong to a hierarchy: begin with `hierarchy NAME;`");
    }
    let numbers = check_levels(&levels, &mut errors);
    check_attributes(
        header
            .iter()
            .flat_map(|header| &header.attributes)
            .chain(levels.iter().flat_map(|level| {
                level.attributes.iter().chain(level.classes.iter().flat_map(|class| &class.attributes))
            }))
            .chain(flat.iter().flat_map(|(_, class)| &class.attributes)),
        &mut errors,
    );
    check_names(
        levels
            .iter()
            .flat_map(|level| {
                std::iter::once(&level.name).chain(level.classes.iter().map(|class| &class.name))
            })
            .chain(flat.iter().map(|(_, class)| &class.name)),
        &mut errors,
    );

    let mut taken = Taken::new();
    let mut classes = Vec::new();
    let mut kept = Vec::new();
    for (index, mut level) in levels.into_iter().enumerate() {
        let mut previous = None;
        for class in std::mem::take(&mut level.classes) {
            let minor =
                check_class(&class, &level.name.to_string(), previous.as_ref(), &mut taken, &mut errors);
            let order = order(&class, &mut errors);
            if let Some(minor) = minor {
                previous = Some((minor, class.name.clone()));
                classes.push(Class { declaration: class, parent: Parent::Here(index), minor, order });
            }
        }
        kept.push(level);
    }
    for (path, class) in flat {
        let parent = resolve(&path, &kept, &mut errors);
        let minor = check_class(&class, &path.spelled(), None, &mut taken, &mut errors);
        let order = order(&class, &mut errors);
        if let (Some(parent), Some(minor)) = (parent, minor) {
            classes.push(Class { declaration: class, parent, minor, order });
        }
    }
    if let Some(error) = errors.0 {
        return Err(error);
    }
    classes.sort_by_key(|class| match class.parent {
        Parent::Here(index) => (index, class.minor),
        Parent::Elsewhere(_) => (usize::MAX, class.minor),
    });
    let levels = kept
        .into_iter()
        .zip(numbers)
        .filter_map(|(declaration, number)| number.map(|number| Level { declaration, number }))
        .collect();
    Ok(Checked { library, header, levels, classes })
}
