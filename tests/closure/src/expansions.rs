//! What the macros that others can call expand to.
//!
//! The lint that forbids `unsafe` code looks away from what a macro of another crate writes. So a macro may hand its caller what
//! no function gives: an `unsafe` block around the caller's code, an item that is hidden, a token out of nothing. What each writes
//! is read from the source, and each odd piece of it stands in the tables with an argument; anything else is told.
//!
//! - A `macro_rules!` that is exported is read as tokens, each of its rules.
//! - A procedural macro writes what its crate quotes. Each `quote!` outside of tests is read, and every other way in which that
//!   crate makes a word: `format_ident!`, `Ident::new`, and parsing a text.
//!
//! Odd is `unsafe`, with what it is written in front of; a name that begins with `__`; and a hidden item of the library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ItemMod};

use crate::source::parsed;
use crate::table::Table;

/// The exported macros of a workspace's library.
#[derive(Debug, Default)]
pub struct Expansions {
    /// Their names: `name!`, `#[name]` or `#[derive(name)]`.
    pub macros: BTreeSet<String>,
    /// The odd pieces, by where they are written: an exported macro, or a file of `lockorder-macros/src`.
    pub pieces: BTreeMap<String, BTreeSet<String>>,
}

/// Tokens with one blank between any two, as a table has them.
fn spelled(tokens: TokenStream) -> String {
    fn words(tokens: TokenStream, into: &mut Vec<String>) {
        for token in tokens {
            let TokenTree::Group(group) = token else {
                into.push(token.to_string());
                continue;
            };
            let [open, close] = match group.delimiter() {
                Delimiter::Parenthesis => ["(", ")"],
                Delimiter::Brace => ["{", "}"],
                Delimiter::Bracket => ["[", "]"],
                Delimiter::None => ["", ""],
            };
            into.push(open.to_owned());
            words(group.stream(), into);
            into.push(close.to_owned());
        }
    }
    let mut found = Vec::new();
    words(tokens, &mut found);
    found.retain(|word| !word.is_empty());
    found.join(" ").replace(": :", "::")
}

/// Whether one of the attributes says this word, in whatever way.
fn says(attributes: &[Attribute], word: &str) -> bool {
    fn within(tokens: TokenStream, word: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(name) => name == word,
            TokenTree::Group(group) => within(group.stream(), word),
            _ => false,
        })
    }
    attributes.iter().any(|attribute| within(attribute.meta.to_token_stream(), word))
}

/// `unsafe` at the beginning of these tokens, with what it is written in front of: the block, the list of an attribute, or the
/// item up to its brackets.
fn after_unsafe(tokens: &[TokenTree]) -> String {
    let mut piece = vec![tokens[0].clone()];
    for token in &tokens[1..] {
        match token {
            TokenTree::Group(group) if piece.len() == 1 && group.delimiter() != Delimiter::None => {
                piece.push(token.clone());
                break;
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => break,
            TokenTree::Punct(mark) if [';', ','].contains(&mark.as_char()) => break,
            _ => piece.push(token.clone()),
        }
    }
    spelled(piece.into_iter().collect())
}

/// The odd pieces of what is written.
fn odd(tokens: TokenStream, hidden: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "unsafe" => {
                found.insert(after_unsafe(&tokens[place..]));
            }
            TokenTree::Ident(word) if is_odd(&word.to_string(), hidden) => {
                found.insert(word.to_string());
            }
            TokenTree::Group(group) => odd(group.stream(), hidden, found),
            _ => {}
        }
    }
}

/// Whether a name is odd.
fn is_odd(name: &str, hidden: &BTreeSet<String>) -> bool {
    name.starts_with("__") || hidden.contains(name)
}

/// The names of hidden items, and the exported `macro_rules!`, of the library.
#[derive(Default)]
struct Library {
    hidden: BTreeSet<String>,
    exported: BTreeMap<String, TokenStream>,
}

/// The names that a `use` brings.
fn brought(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => brought(&path.tree, names),
        syn::UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        syn::UseTree::Rename(name) => drop(names.insert(name.rename.to_string())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| brought(tree, names)),
        syn::UseTree::Glob(_) => {}
    }
}

impl<'ast> Visit<'ast> for Library {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (attributes, name) = match item {
            syn::Item::Const(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            syn::Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            syn::Item::Mod(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Static(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Type(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Union(item) => (&item.attrs, Some(&item.ident)),
            syn::Item::Use(item) => {
                if says(&item.attrs, "hidden") {
                    brought(&item.tree, &mut self.hidden);
                }
                return;
            }
            _ => return visit::visit_item(self, item),
        };
        let name = name.map(ToString::to_string);
        if says(attributes, "hidden") {
            self.hidden.extend(name.clone());
        }
        if let (syn::Item::Macro(item), Some(name)) = (item, name)
            && says(attributes, "macro_export")
        {
            self.exported.insert(name, item.mac.tokens.clone());
        }
        visit::visit_item(self, item);
    }
}

/// One file of the crate of procedural macros.
struct Writer<'a> {
    hidden: &'a BTreeSet<String>,
    macros: BTreeSet<String>,
    pieces: BTreeSet<String>,
}

impl Writer<'_> {
    /// Something that is made from a text: odd as what is quoted is, and where the text is not known here.
    fn word(&mut self, text: Option<String>, whole: &dyn ToTokens) {
        match text.filter(|text| !text.starts_with('{')) {
            Some(text) if text == "unsafe" || is_odd(&text, self.hidden) => drop(self.pieces.insert(text)),
            Some(_) => {}
            None => drop(self.pieces.insert(spelled(whole.to_token_stream()))),
        }
    }
}

/// The text of a literal.
fn text(literal: Option<&Expr>) -> Option<String> {
    let Some(Expr::Lit(literal)) = literal else { return None };
    if let syn::Lit::Str(text) = &literal.lit { Some(text.value()) } else { None }
}

impl<'ast> Visit<'ast> for Writer<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !says(&module.attrs, "test") {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        for attribute in &function.attrs {
            let name = &function.sig.ident;
            if attribute.path().is_ident("proc_macro") {
                self.macros.insert(format!("{name}!"));
            } else if attribute.path().is_ident("proc_macro_attribute") {
                self.macros.insert(format!("#[{name}]"));
            } else if attribute.path().is_ident("proc_macro_derive") {
                let derived = match &attribute.meta {
                    syn::Meta::List(list) => list.tokens.clone().into_iter().next(),
                    _ => None,
                };
                self.macros.extend(derived.map(|name| format!("#[derive({name})]")));
            }
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let name = call.path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            // The place in front of the arrow of `quote_spanned!` is read as well.
            "quote" | "quote_spanned" => odd(call.tokens.clone(), self.hidden, &mut self.pieces),
            "format_ident" => {
                let first = call.tokens.clone().into_iter().next().map(TokenStream::from);
                let literal = first.and_then(|first| syn::parse2::<Expr>(first).ok());
                self.word(text(literal.as_ref()), call);
            }
            _ => visit::visit_macro(self, call),
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let made = call.func.to_token_stream().to_string().replace(' ', "");
        if ["Ident::new", "Ident::new_raw", "TokenStream::from_str"].iter().any(|way| made.ends_with(way)) {
            self.word(text(call.args.first()), call);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "parse" && call.args.is_empty() {
            self.word(None, call);
        }
        visit::visit_expr_method_call(self, call);
    }
}

impl Expansions {
    /// Reads the library of a workspace, and its procedural macros.
    ///
    /// # Panics
    ///
    /// When a file cannot be read, or is not Rust.
    #[must_use]
    pub fn read(workspace: &Path) -> Self {
        let mut library = Library::default();
        for (_, file) in parsed(&workspace.join("lockorder/src")) {
            library.visit_file(&file);
        }
        let mut all = Self::default();
        for (name, rules) in library.exported {
            all.macros.insert(format!("{name}!"));
            all.rules(&name, rules, &library.hidden);
        }
        for (file, parsed) in parsed(&workspace.join("lockorder-macros/src")) {
            let mut writer =
                Writer { hidden: &library.hidden, macros: BTreeSet::new(), pieces: BTreeSet::new() };
            // What only tests use is a module of its own, which nothing else names.
            if file != "testing.rs" {
                writer.visit_file(&parsed);
            }
            all.macros.extend(writer.macros);
            all.pieces.entry(file).or_default().extend(writer.pieces);
        }
        all
    }

    /// Takes what the rules of a macro write: every second group, behind the arrows.
    fn rules(&mut self, name: &str, rules: TokenStream, hidden: &BTreeSet<String>) {
        let groups = rules.into_iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        });
        let mut found = BTreeSet::new();
        for written in groups.skip(1).step_by(2) {
            odd(written, hidden, &mut found);
        }
        self.pieces.entry(format!("{name}!")).or_default().extend(found);
    }

    /// What the tables and the source say differently.
    #[must_use]
    pub fn disagreements(&self, table: &Table) -> Vec<String> {
        let mut wrong = Vec::new();
        for name in self.macros.symmetric_difference(&table.macros) {
            wrong
                .push(format!("{name} is an exported macro in one of the table and the source, not in both"));
        }
        let written: BTreeSet<_> = self
            .pieces
            .iter()
            .flat_map(|(place, pieces)| pieces.iter().map(move |piece| (place.clone(), piece.clone())))
            .collect();
        let argued: BTreeSet<_> = table.expansions.keys().cloned().collect();
        for (place, piece) in written.difference(&argued) {
            wrong.push(format!("{place} expands to `{piece}`, and nothing is argued for it"));
        }
        for (place, piece) in argued.difference(&written) {
            wrong.push(format!("{place} does not expand to `{piece}`, for which something is argued"));
        }
        wrong
    }
}
