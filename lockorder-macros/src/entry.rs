//! `#[entry_point(…)]`: a function where control enters, with the root that this way of entering has.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::function::{Function, Parameter};
use crate::syntax::{Path, joined, library, library_path};

/// The ways control enters a kernel, each a function of `lockorder::entry`.
const KINDS: [&str; 8] =
    ["boot", "cpu_start", "idle", "thread", "system_call", "user_exception", "interrupt", "interrupt_tail"];

/// The ways as a message lists them.
fn listed() -> String {
    KINDS.map(|kind| format!("`{kind}`")).join(", ")
}

/// Reads the way, and `crate = path` behind it.
fn parse_attribute(attribute: TokenStream) -> Result<(Ident, Option<Path>)> {
    let mut cursor = Cursor::new(attribute);
    let Some(kind) = cursor.take_any_word() else {
        return Err(cursor.error(format!("which way does control enter? one of {}", listed())));
    };
    if !KINDS.contains(&kind.to_string().as_str()) {
        let message = format!("unknown way to enter `{kind}`: expected one of {}", listed());
        return Err(Error::new(kind.span(), message));
    }
    let mut library = None;
    while !cursor.is_empty() {
        cursor.expect_mark(",")?;
        match cursor.take_word("crate") {
            Some(word) => library_path(&mut cursor, &mut library, &word)?,
            None if cursor.is_empty() => {}
            None => return Err(cursor.error("control enters in one way; only `crate = path` may follow it")),
        }
    }
    Ok((kind, library))
}

/// Refuses what an entry point cannot have.
fn check(function: &Function) -> Result<()> {
    let refused = |place: &Ident, message: &str| Err(Error::new(place.span(), message));
    if function.unsafety.is_none() {
        return refused(
            &function.word,
            "an entry point mints a root: declare it `unsafe fn`, and say in `# Safety` where it is called from",
        );
    }
    if let Some(word) = &function.asyncness {
        return refused(word, "control does not enter a kernel through a future");
    }
    if let Some(word) = &function.constness {
        return refused(
            word,
            "control does not enter a kernel while a constant is evaluated: leave `const` out",
        );
    }
    if !function.generics.written.is_empty() {
        return Err(Error::over(
            &function.generics.written,
            "an entry point has one form: it cannot be generic",
        ));
    }
    if let Some(word) = &function.where_word {
        return refused(word, "an entry point is not generic, so it has no bounds: leave `where` out");
    }
    Ok(())
}

/// Expands the attribute.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let (kind, given) = parse_attribute(attribute)?;
    let library = library(given.as_ref());
    let function = Function::parse(&mut Cursor::new(item), "entry_point")?;
    check(&function)?;
    let Some(body) = &function.body else {
        return Err(Error::new(function.name.span(), "an entry point has a body"));
    };
    let mut parameters = function.parameters.iter();
    let Some(Parameter::Typed { pattern: token, kind: token_type, .. }) = parameters.next() else {
        let message = "the first parameter of an entry point is its root: `held: Root<'_, …>`";
        return Err(Error::new(function.name.span(), message));
    };
    let (mut outer, mut inner, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in parameters {
        let (attributes, pattern, kind) = match parameter {
            Parameter::Typed { attributes, pattern, kind } => (attributes, pattern, joined(kind)),
            Parameter::Variadic(tokens) => {
                let message = "an entry point passes its parameters on, and `...` has no name: list them";
                return Err(Error::over(tokens, message));
            }
            Parameter::Receiver(tokens) => {
                return Err(Error::over(tokens, "an entry point is a function, not a method"));
            }
        };
        let name = match &pattern[..] {
            [TokenTree::Ident(name)] if name != "_" => name,
            [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mut" => name,
            _ => return Err(Error::over(pattern, "name the parameter: it is passed on")),
        };
        if let Some(attribute) =
            attributes.iter().find(|attribute| attribute.is("cfg") || attribute.is("cfg_attr"))
        {
            let message = "an entry point passes its parameters on in every build: leave the condition out, or put it on the function";
            return Err(Error::new(attribute.path.place(), message));
        }
        let pattern = joined(pattern);
        outer.push(quote!(#(#attributes)* #name: #kind));
        inner.push(quote!(#(#attributes)* #pattern: #kind));
        names.push(name);
    }
    let Function { attributes, visibility, name, .. } = &function;
    let (abi, output) = (joined(&function.abi), joined(&function.output));
    let (token, token_type) = (joined(token), joined(token_type));
    // Functions have no hygiene: the body sees this name, so it is one that nobody uses.
    let with_root = format_ident!("__entered_with_root", span = Span::mixed_site());
    // A parameter may have any name, that of this variable too.
    let root = format_ident!("root", span = Span::mixed_site());
    Ok(quote! {
        #(#attributes)*
        #visibility unsafe #abi fn #name(#(#outer),*) #output {
            #[inline]
            fn #with_root(#token: #token_type #(, #inner)*) #output #body
            // SAFETY: the contract of the entry is the function's own: control has just entered this way, once. The
            // closure's type is written out, so that `-> !` stays `!` and does not fall back to `()`.
            unsafe { #library::entry::#kind(|#root| #output { #with_root(#root #(, #names)*) }) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::error::Result;
    use crate::testing::{refuses, tokens};

    fn expansion(attribute: &str, item: &str) -> Result<proc_macro2::TokenStream> {
        expand(tokens(attribute), tokens(item))
    }

    #[test]
    fn the_way_in_is_one_of_eight() {
        let item = "unsafe fn f(held: Root<'_, Task>) {}";
        refuses!(expansion("", item), "one of `boot`" at "");
        refuses!(expansion("irq", item), "unknown way to enter `irq`" at "irq");
        refuses!(expansion("boot, idle", item), "only `crate = path`" at "idle");
        refuses!(expansion("boot idle", item), "expected `,`" at "idle");
        refuses!(expansion("boot, crate = a, crate = b", item), "given twice" at "crate");
        expansion("thread, crate = a::b", item).unwrap();
    }

    #[test]
    fn the_function_takes_a_root_and_is_unsafe() {
        let refused = |item| expansion("boot", item);
        refuses!(refused("fn f(held: Root<'_, Atomic>) {}"), "declare it `unsafe fn`" at "fn");
        refuses!(refused("unsafe fn f() {}"), "first parameter of an entry point" at "f");
        refuses!(refused("unsafe fn f(&self) {}"), "first parameter of an entry point" at "f");
        refuses!(refused("unsafe fn f<T>(held: Root<'_, Atomic>) {}"), "cannot be generic" at "<T>");
        refuses!(refused("unsafe fn f(h: Root<'_, Atomic>) where u8: Copy {}"), "no bounds" at "where");
        refuses!(refused("async unsafe fn f(held: Root<'_, Atomic>) {}"), "through a future" at "async");
        refuses!(refused("const unsafe fn f(held: Root<'_, Atomic>) {}"), "leave `const` out" at "const");
        refuses!(refused("unsafe fn f(h: Root<'_, Atomic>, _: u8) {}"), "it is passed on" at "_");
        refuses!(refused("unsafe extern \"C\" fn f(h: Root<'_, Atomic>, ...) {}"), "has no name" at "...");
        refuses!(refused("unsafe extern \"C\" fn f(h: Root<'_, Atomic>, x: ...) {}"), "has no name" at "x: ...");
        refuses!(refused("unsafe fn f(h: Root<'_, Atomic>);"), "has a body" at "f");
        refuses!(refused("unsafe fn f(h: Root<'_, Atomic>, #[cfg(test)] x: u8) {}"), "in every build" at "cfg");
        refuses!(refused("static S: u8 = 3;"), "on a function or a method" at "static");
    }
}
