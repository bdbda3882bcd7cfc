//! No file of the library, the macros, the kernel and the host program imports itself in a circle.
//!
//! Cargo refuses circles of crates; inside of a crate nothing does. Here the imports of each file are read from its source:
//! `use` declarations, and paths that begin with `crate`, `self` or `super`, tests left out. A path counts as an import of the
//! file whose module is its longest prefix. What a file takes from its own children by their names alone (`pub use child::Item`) does
//! not count: to others it and its children are one module, and the children may use what it has for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// A module's path in its crate.
type Module = Vec<String>;

/// Sources of crates that are not the kernel's.
const OTHERS: [&str; 6] = [
    "lockorder/src",
    "lockorder-macros/src",
    "boot/src",
    "tests/laboratory/src",
    "tests/lessons/src",
    "tests/swap/src",
];

/// The sources of all crates that are looked at: the kernel's are those that are there.
fn crates() -> Vec<String> {
    let folders = fs::read_dir(tests::root().join("kernel")).expect("the kernel is here");
    let names = folders.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    let layers = names.map(|name| format!("kernel/{name}/src"));
    let of_kernel = layers.filter(|folder| tests::root().join(folder).join("lib.rs").is_file());
    let others = OTHERS.map(str::to_owned).into_iter().chain(["kernel/src".to_owned()]);
    let mut crates: Vec<_> = of_kernel.chain(others).collect();
    crates.sort();
    assert!(crates.len() > 25, "too few crates: {crates:?}");
    crates
}

/// All files below a folder, by their modules. The crate's root has an empty path.
fn files(folder: &Path, module: &Module, found: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).expect("the sources are here") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let below: Module = module.iter().cloned().chain([name.clone()]).collect();
        if path.is_dir() {
            files(&path, &below, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "main" {
            let module = if module.is_empty() && name == "lib" { Vec::new() } else { below };
            found.insert(module, fs::read_to_string(&path).expect("readable"));
        }
    }
}

/// Whether attributes say that what they stand at is for tests only.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// Reads the imports of one file.
struct Imports {
    module: Module,
    /// The modules inside of this file that the reader is in.
    inside: Module,
    found: Vec<Module>,
}

impl Imports {
    /// Notes a path that begins in this crate.
    fn note(&mut self, path: &[String]) {
        let here: Module = self.module.iter().chain(&self.inside).cloned().collect();
        let mut base = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => here,
            _ => return,
        };
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" | "self" => {}
                "super" => {
                    base.pop();
                }
                _ => break,
            }
            rest = others;
        }
        base.extend(rest.iter().cloned());
        self.found.push(base);
    }

    /// Notes every path of a `use` declaration.
    fn note_tree(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.note_tree(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.note_tree(before, item));
            }
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.note(before);
                before.pop();
            }
            syn::UseTree::Glob(_) => self.note(before),
        }
    }
}

impl<'s> Visit<'s> for Imports {
    fn visit_item_mod(&mut self, item: &'s syn::ItemMod) {
        if !for_tests(&item.attrs) && item.content.is_some() {
            self.inside.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.inside.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
        if !for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'s syn::ItemUse) {
        if !for_tests(&item.attrs) {
            self.note_tree(&mut Vec::new(), &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'s syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&segments);
        visit::visit_path(self, path);
    }

    // `pub(in crate::…)` says who may import, not what is imported.
    fn visit_visibility(&mut self, _: &'s syn::Visibility) {}
}

/// Which files of a crate each file imports.
fn imports(sources: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    sources
        .iter()
        .map(|(module, text)| {
            let mut imports = Imports { module: module.clone(), inside: Vec::new(), found: Vec::new() };
            imports.visit_file(&syn::parse_file(text).expect("the crate compiles"));
            let file = |path: Module| {
                (0..=path.len())
                    .rev()
                    .map(|length| path[..length].to_vec())
                    .find(|path| sources.contains_key(path))
            };
            let imported = imports.found.into_iter().filter_map(file).filter(|other| other != module);
            (module.clone(), imported.collect())
        })
        .collect()
}

/// A circle, if there is one: what is imported comes after what imports it, and the first one after the last.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<String>> {
    fn search<'i>(
        module: &'i Module,
        imports: &'i BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<&'i Module>,
        done: &mut BTreeSet<&'i Module>,
    ) -> Option<Vec<String>> {
        if let Some(begin) = way.iter().position(|&other| other == module) {
            return Some(way[begin..].iter().map(|module| module.join("::")).collect());
        }
        if !done.insert(module) {
            return None;
        }
        way.push(module);
        let found = imports[module].iter().find_map(|other| search(other, imports, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| search(module, imports, &mut Vec::new(), &mut done))
}

#[test]
fn no_file_imports_itself_in_a_circle() {
    let mut circles = Vec::new();
    for name in crates() {
        let mut sources = BTreeMap::new();
        files(&tests::root().join(&name), &Vec::new(), &mut sources);
        let imports = imports(&sources);
        assert!(!imports.is_empty(), "{name} has files");
        circles.extend(circle(&imports).map(|circle| format!("{name}: {}", circle.join(" -> "))));
    }
    assert!(circles.is_empty(), "files import each other in a circle: {circles:#?}");
}

#[test]
fn a_circle_is_found() {
    let sources = |files: &[(&str, &str)]| -> BTreeMap<Module, String> {
        let module =
            |path: &str| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        files.iter().map(|&(path, text)| (module(path), text.to_owned())).collect()
    };
    let straight =
        sources(&[("", "mod a; mod b;"), ("a", "use crate::b::B; use super::b::{self, C};"), ("b", "")]);
    assert_eq!(circle(&imports(&straight)), None);
    let round =
        sources(&[("a", "use crate::b::B;"), ("b", "fn f() { super::c::g() }"), ("c", "use super::a::A;")]);
    assert_eq!(circle(&imports(&round)).as_deref(), Some(&["a", "b", "c"].map(str::to_owned)[..]));
    let in_tests =
        sources(&[("a", "use crate::b::B;"), ("b", "#[cfg(test)] mod tests { use crate::a::A; }")]);
    assert_eq!(circle(&imports(&in_tests)), None);
}
