//! What `hierarchy!` expands to.
//!
//! The implementations are `unsafe`, and the checks of a declaration are what makes them sound. A crate that forbids
//! `unsafe` code declares classes all the same: the lint looks away from what a macro of another crate writes. So nothing
//! here allows a lint, which a crate that forbids it would refuse.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::check::{Checked, Class, Level, Order, Parent, RANKS_PER_LEVEL};
use crate::cursor::plain_name;
use crate::syntax::{Attribute, Visibility, library};
use crate::type_number::type_number;

/// The first paragraph of the documentation comments, on one line.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| attribute.documentation().ok().flatten())
        .map(|line| line.trim().to_owned())
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// A type as the table names it: a link where the table's readers can follow it.
fn entry(visibility: &Visibility, name: &Ident) -> String {
    if visibility.is_private() { format!("`{name}`") } else { format!("[`{name}`]") }
}

/// The discipline's type, and what documentation says of it.
fn discipline(class: &Class) -> (TokenStream, String) {
    if let Some((_, outer)) = &class.declaration.pairs {
        let words = format!("along a tree, pairs under `{}`", outer.spelled());
        return (quote!(AlongTreeWithPairs<#outer>), words);
    }
    let (name, words) = match class.order {
        Order::None => (quote!(Unnested), "one at a time"),
        Order::Address => (quote!(ByAddress), "by address"),
        Order::Key => (quote!(ByKey), "by key"),
        Order::Tree => (quote!(AlongTree), "along a tree"),
        Order::Serial => (quote!(Serialised), "serialising tokens"),
    };
    (name, words.to_owned())
}

/// A type without values. All of it stands at its name: errors point at definitions, and would show the whole
/// invocation otherwise.
fn definition(name: &Ident) -> TokenStream {
    let mut body = Group::new(Delimiter::Brace, TokenStream::new());
    body.set_span(name.span());
    quote_spanned!(name.span()=> enum #name #body)
}

/// A rank: as a type, as the type of the rank just outside of it, and as a constant.
struct Rank {
    inside: TokenStream,
    outside: TokenStream,
    value: TokenStream,
}

/// What the expansion of one invocation shares.
struct Emission<'a> {
    checked: &'a Checked,
    /// The path of the library in the user's crate.
    library: TokenStream,
    platform: TokenStream,
}

impl Emission<'_> {
    /// A rank that is known here.
    fn rank(&self, rank: u16) -> Rank {
        Rank {
            inside: type_number(&self.library, rank),
            outside: type_number(&self.library, rank - 1),
            value: quote!(#rank),
        }
    }

    /// The implementations that levels and classes share.
    fn position(&self, name: &Ident, rank: &Rank) -> TokenStream {
        let library = &self.library;
        let Rank { inside, outside, value } = rank;
        let text = plain_name(name);
        quote! {
            #[automatically_derived]
            unsafe impl #library::Level for #name {
                type Rank = #inside;
                const CEILING: #library::Ceiling = #library::Ceiling::at(#text, #value);
            }
            #[automatically_derived]
            unsafe impl #library::Declared for #name {
                type Outside = #outside;
                const NAME: &'static ::core::primitive::str = #text;
            }
        }
    }

    /// One level: its type and implementations.
    fn level(&self, index: usize, level: &Level) -> TokenStream {
        let Level { declaration, number } = level;
        let (documents, visibility, name) =
            (&declaration.attributes, &declaration.visibility, &declaration.name);
        let (doc, text) = (documentation(documents), plain_name(name));
        let place = format!("\n\nLevel {number} of the lock hierarchy.");
        let position = self.position(name, &self.rank(number * RANKS_PER_LEVEL));
        let minors = self
            .checked
            .classes
            .iter()
            .filter(|class| matches!(class.parent, Parent::Here(parent) if parent == index))
            .fold(0_u64, |minors, class| minors | 1 << class.minor);
        let definition = definition(name);
        let Self { library, platform, .. } = self;
        quote! {
            #(#documents)*
            #[doc = #place]
            #[derive(::core::fmt::Debug)]
            #visibility #definition
            #position
            #[automatically_derived]
            unsafe impl #library::Band for #name {
                type Platform = #platform;
                const INFO: &'static #library::LevelInfo = &#library::LevelInfo {
                    name: #text,
                    number: #number,
                    doc: #doc,
                    module: ::core::module_path!(),
                    minors: #minors,
                };
            }
        }
    }

    /// The path of a class's level, what its documentation says of its place, and its rank.
    fn place(&self, class: &Class) -> (TokenStream, String, Rank) {
        let library = &self.library;
        let minor = class.minor;
        match &class.parent {
            Parent::Here(index) => {
                let level = &self.checked.levels[*index];
                let (number, name) = (level.number, &level.declaration.name);
                let place = format!("\n\nLock class {number}.{minor} of `{name}`; ");
                (quote!(#name), place, self.rank(number * RANKS_PER_LEVEL + minor))
            }
            Parent::Elsewhere(path) => {
                let place = format!("\n\nLock class {minor} of [`{}`]; ", path.spelled());
                let offset = type_number(library, minor);
                let sum = quote!(#library::__private::typenum::Sum);
                let rank = Rank {
                    inside: quote!(#sum<<#path as #library::Level>::Rank, #offset>),
                    // A level's rank is 64 at least, so one is taken off before the minor number is added.
                    outside: quote!(#sum<<#path as #library::Declared>::Outside, #offset>),
                    value: quote!(<#path as #library::Band>::INFO.number * #RANKS_PER_LEVEL + #minor),
                };
                (path.to_token_stream(), place, rank)
            }
        }
    }

    /// One class: its type and its place. The library's own macro makes a class of it, and places its entry in the table of all crates.
    fn class(&self, class: &Class) -> TokenStream {
        let library = &self.library;
        let declaration = &class.declaration;
        let (documents, visibility, name) =
            (&declaration.attributes, &declaration.visibility, &declaration.name);
        let (doc, text) = (documentation(documents), plain_name(name));
        let (order_type, order_words) = discipline(class);
        let sibling = declaration.sibling.as_ref().map_or_else(
            || quote!(::core::option::Option::None),
            |sibling| {
                let sibling = plain_name(sibling);
                quote!(::core::option::Option::Some(#sibling))
            },
        );
        let (level, place, rank) = self.place(class);
        let place = format!("{place}two of them together: {order_words}.");
        let position = self.position(name, &rank);
        let definition = definition(name);
        quote! {
            #(#documents)*
            #[doc = #place]
            #[derive(::core::fmt::Debug)]
            #visibility #definition
            #position
            #library::__link_class! {
                #name in #level, order = #order_type, name = #text, doc = #doc, sibling = #sibling
            }
        }
    }

    /// What only the compiler can check of a class that names another one for its pairs: that the other one lies outside.
    fn check_pairs(&self, class: &Class) -> TokenStream {
        let library = &self.library;
        let name = &class.declaration.name;
        let Some((_, outer)) = &class.declaration.pairs else { return TokenStream::new() };
        let inside = format!(
            "pairs of `{name}` are taken with a lock of `{0}` held, and `{0}` does not lie outside of `{name}`",
            outer.spelled()
        );
        quote_spanned! {outer.place()=>
            const _: () = ::core::assert!(
                <#outer as #library::Level>::CEILING.rank().0 < <#name as #library::Level>::CEILING.rank().0,
                #inside
            );
        }
    }

    /// What only the compiler can check of a class of a level that is declared elsewhere: that its rank is its own.
    fn check(&self, index: usize, class: &Class) -> TokenStream {
        let library = &self.library;
        let Parent::Elsewhere(level) = &class.parent else { return TokenStream::new() };
        let (minor, name, place) = (class.minor, &class.declaration.name, class.declaration.minor.place);
        let taken = format!(
            "minor number {minor} of `{}` is taken by a class that is declared with the level: a rank is used once",
            level.spelled()
        );
        // Not at the number's own place: Clippy would read the user's number there and compare it with these.
        let (bit, none) = (quote!((1 << #minor)), quote!(0));
        let mut checks = quote_spanned! {place=>
            const _: () = ::core::assert!(<#level as #library::Band>::INFO.minors & #bit == #none, #taken);
        };
        // Another path may lead to the same level.
        for other in &self.checked.classes[..index] {
            let is_spelled_alike =
                matches!(&other.parent, Parent::Elsewhere(path) if path.spelled() == level.spelled());
            if other.minor != minor || is_spelled_alike {
                continue;
            }
            let owner = &other.declaration.name;
            let taken = format!("the rank of `{name}` is taken by `{owner}`: a rank is used once");
            checks.extend(quote_spanned! {place=>
                const _: () = ::core::assert!(
                    <#name as #library::Level>::CEILING.rank().0 != <#owner as #library::Level>::CEILING.rank().0,
                    #taken
                );
            });
        }
        checks
    }

    /// The Markdown table of the whole hierarchy.
    fn table(&self) -> String {
        let mut rows =
            vec![String::from("\n\n| rank | class | two together | protects |\n|---|---|---|---|")];
        for (index, level) in self.checked.levels.iter().enumerate() {
            let doc = documentation(&level.declaration.attributes).replace('|', "\\|");
            let name = entry(&level.declaration.visibility, &level.declaration.name);
            rows.push(format!("| **{}** | **{name}** | | {doc} |", level.number));
            let inside = |class: &&Class| matches!(class.parent, Parent::Here(parent) if parent == index);
            for class in self.checked.classes.iter().filter(inside) {
                let doc = documentation(&class.declaration.attributes).replace('|', "\\|");
                let (.., order) = discipline(class);
                let name = entry(&class.declaration.visibility, &class.declaration.name);
                rows.push(format!("| {}.{} | {name} | {order} | {doc} |", level.number, class.minor));
            }
        }
        rows.join("\n")
    }

    /// The static that holds the hierarchy.
    fn hierarchy(&self) -> TokenStream {
        let Some(header) = &self.checked.header else { return TokenStream::new() };
        let library = &self.library;
        let (documents, visibility, name) = (&header.attributes, &header.visibility, &header.name);
        let (table, text) = (self.table(), plain_name(name));
        let levels = self.checked.levels.iter().map(|level| &level.declaration.name);
        let classes = self
            .checked
            .classes
            .iter()
            .filter(|class| matches!(class.parent, Parent::Here(_)))
            .map(|class| &class.declaration.name);
        quote! {
            #(#documents)*
            #[doc = #table]
            #visibility static #name: #library::Hierarchy = #library::Hierarchy {
                name: #text,
                levels: &[#(<#levels as #library::Band>::INFO),*],
                classes: &[#(<#classes as #library::Class>::INFO),*],
            };
            // The table is there for whoever wants to look at it: it counts as used.
            const _: &#library::Hierarchy = &#name;
        }
    }
}

/// Everything.
pub(crate) fn emit(checked: &Checked) -> TokenStream {
    let library = library(checked.library.as_ref());
    let platform = checked
        .header
        .as_ref()
        .and_then(|header| header.platform.as_ref())
        .map_or_else(|| quote!(#library::host::Host), ToTokens::to_token_stream);
    let emission = Emission { checked, library, platform };
    let levels = checked.levels.iter().enumerate().map(|(index, level)| emission.level(index, level));
    let classes = checked.classes.iter().map(|class| emission.class(class));
    let checks = checked.classes.iter().enumerate().map(|(index, class)| emission.check(index, class));
    let pairs = checked.classes.iter().map(|class| emission.check_pairs(class));
    let hierarchy = emission.hierarchy();
    quote! {
        #(#levels)*
        #(#classes)*
        #(#checks)*
        #(#pairs)*
        #hierarchy
    }
}
