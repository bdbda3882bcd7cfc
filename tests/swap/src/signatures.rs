//! What functions ask of the token that they are given, read from their signatures.
//!
//! `sched::sleep(held, time)` says nothing at the call: that it may not be called with preemption off stands in its
//! signature, `C: MaySleep`. So the signatures of the library and of all the kernel's crates are read first. A function
//! whose token has one position and one context, `Root<'_, Task>`, refuses every other one as a type mismatch; that is no
//! acquisition, and what it does itself is in its own body.
//!
//! Functions are known by their names and by how many arguments they have. Where one of those bounds its token and another one has a single type for it, a call may be
//! of either; which it is only the compiler knows ([`Signatures::may_have_one_type`]).

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{FnArg, Token};

use crate::syntax::{for_tests, words};

/// What a function asks of the token that it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Which argument the token is; the receiver of a method does not count.
    pub argument: usize,
    /// The token is lent, and not given.
    pub by_reference: bool,
    /// What may be held is bounded: by a class (`Before`, `After`), or there may be nothing.
    pub ordered: bool,
    /// The context must be one that may sleep.
    pub sleeps: bool,
}

/// What a call shows of the function that it is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Callee {
    /// Its name.
    pub name: String,
    /// Whether it is a method.
    pub is_method: bool,
    /// How many arguments it has; the receiver of a method does not count.
    pub arguments: usize,
}

/// The functions that are given a token, by name.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    found: BTreeMap<Callee, Vec<Needs>>,
    /// Those that have one type for their token, and which argument that is.
    of_one_type: BTreeSet<(Callee, usize)>,
}

impl Signatures {
    /// Adds the functions of one file.
    pub fn read(&mut self, file: &syn::File) {
        self.visit_file(file);
    }

    /// What a function asks of the token that it is given as this argument: everything that any function asks which the call may
    /// be of. `None` where no such function bounds its token.
    #[must_use]
    pub fn needs(&self, callee: &Callee, argument: usize) -> Option<Needs> {
        let found = self.found.get(callee)?;
        found.iter().filter(|needs| needs.argument == argument).copied().reduce(|one, other| Needs {
            argument,
            by_reference: one.by_reference || other.by_reference,
            ordered: one.ordered || other.ordered,
            sleeps: one.sleeps || other.sleeps,
        })
    }

    /// Whether a call may be of a function that has one type for its token here: then it is no acquisition.
    #[must_use]
    pub fn may_have_one_type(&self, callee: &Callee, argument: usize) -> bool {
        self.of_one_type.contains(&(callee.clone(), argument))
    }

    /// Notes one function.
    fn note(&mut self, attributes: &[syn::Attribute], signature: &syn::Signature) {
        let is_method = matches!(signature.inputs.first(), Some(FnArg::Receiver(_)));
        let arguments = signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(&*argument.ty),
            FnArg::Receiver(_) => None,
        });
        let arguments: Vec<_> = arguments.collect();
        let callee = Callee { name: signature.ident.to_string(), is_method, arguments: arguments.len() };
        for (argument, kind) in arguments.into_iter().enumerate() {
            if !names_a_token(kind) {
                continue;
            }
            let by_reference = matches!(kind, syn::Type::Reference(_));
            match bounds(attributes, signature, kind) {
                Some((ordered, sleeps)) => {
                    let needs = Needs { argument, by_reference, ordered, sleeps };
                    self.found.entry(callee.clone()).or_default().push(needs);
                }
                None => {
                    self.of_one_type.insert((callee.clone(), argument));
                }
            }
        }
    }
}

/// Whether a type is a token, or a reference to one.
#[must_use]
pub fn names_a_token(kind: &syn::Type) -> bool {
    match kind {
        syn::Type::Reference(reference) => names_a_token(&reference.elem),
        syn::Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "Held" || last.ident == "Root")
        }
        _ => false,
    }
}

/// Whether a token's position and its context are bounded; `None` where neither is.
fn bounds(
    attributes: &[syn::Attribute],
    signature: &syn::Signature,
    kind: &syn::Type,
) -> Option<(bool, bool)> {
    if let Some(list) = attributes.iter().find(|attribute| is_acquires(attribute)) {
        let words = list.meta.require_list().map(|list| words(&list.tokens)).unwrap_or_default();
        let spins = words.iter().any(|word| word == "atomic" || word == "irq");
        let concrete = words.iter().any(|word| word == "dyn");
        return (!concrete).then_some((true, !spins));
    }
    let mut said = words(kind);
    said.extend(words(&signature.generics));
    said.extend(signature.generics.where_clause.iter().flat_map(words));
    let has = |names: &[&str]| said.iter().any(|word| names.contains(&word.as_str()));
    let (position, context) = position_and_context(kind);
    let ordered = position.is_some_and(|position| is_open(position, signature))
        && has(&["Before", "After", "NothingHeld"]);
    let sleeps = context.is_some_and(|context| is_open(context, signature)) && has(&["MaySleep"]);
    (ordered || sleeps).then_some((ordered, sleeps))
}

/// The position and the context of a token's type, as far as they are written.
fn position_and_context(kind: &syn::Type) -> (Option<&syn::Type>, Option<&syn::Type>) {
    let last = match kind {
        syn::Type::Reference(reference) => return position_and_context(&reference.elem),
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last else { return (None, None) };
    let syn::PathArguments::AngleBracketed(given) = &last.arguments else { return (None, None) };
    let mut types = given.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(kind) => Some(kind),
        _ => None,
    });
    let position = if last.ident == "Root" { None } else { types.next() };
    (position, types.next())
}

/// Whether a type is the caller's choice.
fn is_open(kind: &syn::Type, signature: &syn::Signature) -> bool {
    match kind {
        syn::Type::ImplTrait(_) => true,
        syn::Type::Path(path) => signature.generics.type_params().any(|own| path.path.is_ident(&own.ident)),
        _ => false,
    }
}

/// Whether an attribute is `#[acquires(…)]`.
fn is_acquires(attribute: &syn::Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "acquires")
}

impl<'s> Visit<'s> for Signatures {
    fn visit_item_mod(&mut self, item: &'s syn::ItemMod) {
        if !for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
        if !for_tests(&item.attrs) {
            self.note(&item.attrs, &item.sig);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        self.note(&item.attrs, &item.sig);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'s syn::TraitItemFn) {
        self.note(&item.attrs, &item.sig);
        visit::visit_trait_item_fn(self, item);
    }
}

/// The arguments of a macro, where they are expressions between commas.
#[must_use]
pub fn arguments(tokens: &TokenStream) -> Option<Vec<syn::Expr>> {
    use syn::parse::Parser;
    let list = Punctuated::<syn::Expr, Token![,]>::parse_terminated.parse2(tokens.clone()).ok()?;
    Some(list.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{Callee, Needs, Signatures};

    fn read(text: &str) -> Signatures {
        let mut signatures = Signatures::default();
        signatures.read(&syn::parse_file(text).unwrap());
        signatures
    }

    /// A function of so many arguments, and a method.
    fn function(name: &str, arguments: usize) -> Callee {
        Callee { name: name.to_owned(), is_method: false, arguments }
    }

    fn method(name: &str, arguments: usize) -> Callee {
        Callee { is_method: true, ..function(name, arguments) }
    }

    #[test]
    fn bounds_are_read() {
        let signatures = read(
            "fn sleep<H: Level, C: MaySleep>(held: &mut Held<'_, H, C>, time: Duration) {}
             fn sleep_here<C: MaySleep>(held: &mut Held<'_, Nothing, C>) {}
             impl Thread { fn join<H: NothingHeld, C: MaySleep>(self, held: &mut Held<'_, H, C>) {} }
             impl Mapping { fn new<H: Before<Space>>(frames: u8, held: &mut Held<'_, H, impl MaySleep>) {} }
             #[acquires(Inode; atomic)] fn write(held: Held, file: &File) {}
             #[lockorder::acquires(Inode)] fn read(held: Held) {}
             impl Event { fn wait<H: Level, C: MaySleep>(&self, held: &mut Held<'_, H, C>) where L: After<H> {} }",
        );
        let lent = |argument, ordered, sleeps| Needs { argument, by_reference: true, ordered, sleeps };
        assert_eq!(signatures.needs(&function("sleep", 2), 0), Some(lent(0, false, true)));
        assert_eq!(signatures.needs(&method("sleep", 2), 0), None);
        assert_eq!(signatures.needs(&method("join", 1), 0), Some(lent(0, true, true)));
        assert_eq!(signatures.needs(&function("sleep_here", 1), 0), Some(lent(0, false, true)));
        assert_eq!(signatures.needs(&function("new", 2), 1), Some(lent(1, true, true)));
        assert_eq!(signatures.needs(&method("wait", 1), 0), Some(lent(0, true, true)));
        let given = |sleeps| Needs { argument: 0, by_reference: false, ordered: true, sleeps };
        assert_eq!(signatures.needs(&function("write", 2), 0), Some(given(false)));
        assert_eq!(signatures.needs(&function("read", 1), 0), Some(given(true)));
    }

    #[test]
    fn a_name_of_two_functions_may_be_either() {
        let signatures = read(
            "impl Space { fn write<H: Before<Class>>(&self, held: &mut Held<'_, H, impl MaySleep>) {} }
             impl File { fn write(&self, held: &mut Root<'_, Task>) {} }
             impl Space { fn read<H: Before<Class>>(&self, held: &mut Held<'_, H, impl MaySleep>) {} }
             fn read(held: &mut Root<'_, Task>) {}
             impl Terminal { fn read(&self, held: &mut Root<'_, Task>, to: &mut [u8]) {} }",
        );
        assert!(
            signatures.needs(&method("write", 1), 0).is_some()
                && signatures.may_have_one_type(&method("write", 1), 0)
        );
        assert!(
            signatures.needs(&method("read", 1), 0).is_some()
                && !signatures.may_have_one_type(&method("read", 1), 0)
        );
    }

    #[test]
    fn functions_without_bounds_are_none() {
        let signatures = read(
            "fn paths(held: Root<'_, Task>) {} fn passed<L: After<Nothing>>(held: Root<'_, Task>, lock: &Lock<L>) {} fn peek<H: Level, C: Context>(held: &Held<'_, H, C>) {}
             fn plain(number: u64) {} #[cfg(test)] mod tests { fn t(held: &mut Held<'_, H, impl MaySleep>) {} }",
        );
        for (name, arguments) in [("paths", 1), ("passed", 2), ("peek", 1), ("plain", 1), ("t", 1)] {
            assert_eq!(signatures.needs(&function(name, arguments), 0), None, "{name}");
        }
    }
}
