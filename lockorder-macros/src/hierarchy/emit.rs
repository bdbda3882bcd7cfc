//! What `hierarchy!` expands to.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path, Visibility};

use super::check::{Checked, Class, Level, Order, Parent, RANKS_PER_LEVEL};
use crate::type_number::type_number;

/// The first paragraph of the documentation comments, on one line.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        })
        .skip_while(String::is_empty)
        .take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// A type as the table names it: a link where the table's readers can follow it.
fn entry(visibility: &Visibility, name: &Ident) -> String {
    if matches!(visibility, Visibility::Inherited) { format!("`{name}`") } else { format!("[`{name}`]") }
}

/// The discipline's type and its row entry.
fn discipline(order: Order) -> (TokenStream, TokenStream, &'static str) {
    match order {
        Order::None => (quote!(Unnested), quote!(None), "one at a time"),
        Order::Address => (quote!(ByAddress), quote!(Address), "by address"),
        Order::Key => (quote!(ByKey), quote!(Key), "by key"),
        Order::Tree => (quote!(AlongTree), quote!(Tree), "along a tree"),
        Order::Serial => (quote!(Serialised), quote!(Serial), "serialising tokens"),
    }
}

/// Attributes of every emitted implementation.
fn implementation_attributes() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(unsafe_code, reason = "positions are unsafe to implement: `hierarchy!` has checked the numbers")]
        #[allow(
            clippy::undocumented_unsafe_blocks,
            reason = "the numbers are in normal form and agree: `hierarchy!` wrote them from one literal"
        )]
    }
}

/// The implementations that levels and classes share: a rank, and the one just outside of it.
fn position(name: &Ident, rank: &TokenStream, outside: &TokenStream, value: &TokenStream) -> TokenStream {
    let attributes = implementation_attributes();
    quote! {
        #attributes
        unsafe impl ::lockorder::Level for #name {
            type Rank = #rank;
            const CEILING: ::lockorder::Ceiling =
                ::lockorder::Ceiling::at(::core::stringify!(#name), #value);
        }
        #attributes
        unsafe impl ::lockorder::Declared for #name {
            type Outside = #outside;
            const NAME: &'static str = ::core::stringify!(#name);
        }
    }
}

/// A type without values. All of it stands at its name: errors point at definitions, and would show the whole
/// invocation otherwise.
fn definition(name: &Ident) -> TokenStream {
    let mut body = Group::new(Delimiter::Brace, TokenStream::new());
    body.set_span(name.span());
    quote_spanned!(name.span()=> enum #name #body)
}

/// One level: its type and implementations.
fn level(level: &Level, platform: &TokenStream) -> TokenStream {
    let Level { declaration, number } = level;
    let (documents, visibility, name) = (&declaration.attributes, &declaration.visibility, &declaration.name);
    let doc = documentation(documents);
    let rank = number * RANKS_PER_LEVEL;
    let place = format!("\n\nLevel {number} of the lock hierarchy.");
    let position = position(name, &type_number(rank), &type_number(rank - 1), &quote!(#rank));
    let attributes = implementation_attributes();
    let definition = definition(name);
    quote! {
        #(#documents)*
        #[doc = #place]
        #[allow(dead_code, reason = "a level without classes is declared for its place in the order")]
        #[derive(Debug)]
        #visibility #definition
        #position
        #attributes
        unsafe impl ::lockorder::Band for #name {
            type Platform = #platform;
            const INFO: &'static ::lockorder::LevelInfo = &::lockorder::LevelInfo {
                name: ::core::stringify!(#name),
                number: #number,
                doc: #doc,
                module: ::core::module_path!(),
            };
        }
    }
}

/// One class: its type, its implementations, its entry in the table of all crates.
fn class(class: &Class, levels: &[Level]) -> TokenStream {
    let Class { declaration, parent, minor, order } = class;
    let (documents, visibility, name) = (&declaration.attributes, &declaration.visibility, &declaration.name);
    let doc = documentation(documents);
    let (order_type, order_kind, order_words) = discipline(*order);
    let sibling = declaration.sibling.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |sibling| quote!(::core::option::Option::Some(::core::stringify!(#sibling))),
    );
    let (path, place, position) = match parent {
        Parent::Here(index) => {
            let level = &levels[*index];
            let rank = level.number * RANKS_PER_LEVEL + minor;
            let place = format!("\n\nLock class {}.{minor} of `{}`; ", level.number, level.declaration.name);
            let position = position(name, &type_number(rank), &type_number(rank - 1), &quote!(#rank));
            (Path::from(level.declaration.name.clone()), place, position)
        }
        Parent::Elsewhere(path) => {
            let shown = quote!(#path).to_string().replace(' ', "");
            let place = format!("\n\nLock class {minor} of [`{shown}`]; ");
            let base = quote!(<#path as ::lockorder::Level>::Rank);
            let offset = type_number(*minor);
            let rank = quote!(::lockorder::__private::typenum::Sum<#base, #offset>);
            // A level's rank is 16 at least, so one can be taken off before the minor number is added.
            let outside = quote!(::lockorder::__private::typenum::Sum<<#path as ::lockorder::Declared>::Outside, #offset>);
            let value = quote!(<#path as ::lockorder::Band>::INFO.number * #RANKS_PER_LEVEL + #minor);
            (path.clone(), place, position(name, &rank, &outside, &value))
        }
    };
    let place = format!("{place}two of them together: {order_words}.");
    let attributes = implementation_attributes();
    let entry = format_ident!("__LOCKORDER_CLASS");
    let definition = definition(name);
    quote! {
        #(#documents)*
        #[doc = #place]
        #[derive(Debug)]
        #visibility #definition
        #position
        #attributes
        unsafe impl ::lockorder::Class for #name {
            type Order = ::lockorder::order::#order_type;
            type Platform = <#path as ::lockorder::Band>::Platform;
            const INFO: &'static ::lockorder::ClassInfo = {
                static INFO: ::lockorder::ClassInfo = ::lockorder::ClassInfo {
                    name: ::core::stringify!(#name),
                    level: <#path as ::lockorder::Declared>::NAME,
                    rank: <#name as ::lockorder::Level>::CEILING.rank().0,
                    order: ::lockorder::OrderKind::#order_kind,
                    doc: #doc,
                    module: ::core::module_path!(),
                    sibling: #sibling,
                    platform: ::lockorder::PlatformInfo::of::<<#path as ::lockorder::Band>::Platform>(),
                    number: ::lockorder::ClassNumber::none(),
                };
                &INFO
            };
        }
        #[allow(unsafe_code, reason = "the link section of the class table is named by an unsafe attribute")]
        const _: () = {
            #[::lockorder::__private::linkme::distributed_slice(::lockorder::CLASSES)]
            #[linkme(crate = ::lockorder::__private::linkme)]
            static #entry: &'static ::lockorder::ClassInfo = <#name as ::lockorder::Class>::INFO;
        };
    }
}

/// The Markdown table of the whole hierarchy.
fn table(checked: &Checked) -> String {
    let mut rows = vec![String::from("\n\n| rank | class | two together | protects |\n|---|---|---|---|")];
    for (index, level) in checked.levels.iter().enumerate() {
        let doc = documentation(&level.declaration.attributes).replace('|', "\\|");
        let name = entry(&level.declaration.visibility, &level.declaration.name);
        rows.push(format!("| **{}** | **{name}** | | {doc} |", level.number));
        let inside = |class: &&Class| matches!(class.parent, Parent::Here(parent) if parent == index);
        for class in checked.classes.iter().filter(inside) {
            let doc = documentation(&class.declaration.attributes).replace('|', "\\|");
            let (.., order) = discipline(class.order);
            let name = entry(&class.declaration.visibility, &class.declaration.name);
            rows.push(format!("| {}.{} | {name} | {order} | {doc} |", level.number, class.minor));
        }
    }
    rows.join("\n")
}

/// Everything.
pub(crate) fn emit(checked: &Checked) -> TokenStream {
    let platform = checked
        .header
        .as_ref()
        .and_then(|header| header.platform.as_ref())
        .map_or_else(|| quote!(::lockorder::host::Host), |path| quote!(#path));
    let levels = checked.levels.iter().map(|declared| level(declared, &platform));
    let classes = checked.classes.iter().map(|declared| class(declared, &checked.levels));
    let hierarchy = checked.header.as_ref().map(|header| {
        let (documents, visibility, name) = (&header.attributes, &header.visibility, &header.name);
        let table = table(checked);
        let level_names = checked.levels.iter().map(|level| &level.declaration.name);
        let class_names = checked
            .classes
            .iter()
            .filter(|class| matches!(class.parent, Parent::Here(_)))
            .map(|class| &class.declaration.name);
        quote! {
            #(#documents)*
            #[doc = #table]
            #[allow(dead_code, reason = "the table is there for whoever wants to look at it")]
            #visibility static #name: ::lockorder::Hierarchy = ::lockorder::Hierarchy {
                name: ::core::stringify!(#name),
                levels: &[#(<#level_names as ::lockorder::Band>::INFO),*],
                classes: &[#(<#class_names as ::lockorder::Class>::INFO),*],
            };
        }
    });
    quote! {
        #(#levels)*
        #(#classes)*
        #hierarchy
    }
}
