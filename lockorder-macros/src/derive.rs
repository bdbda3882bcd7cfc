//! `#[derive(Acquire)]`: one acquiring accessor for each lock of a struct.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::cursor::{Cursor, plain_name};
use crate::error::{Error, Result};
use crate::generics::Generics;
use crate::positions::comes_after;
use crate::syntax::{Attribute, Path, Visibility, joined, library, library_path, text};

/// A field that gets an accessor.
struct Field {
    visibility: Visibility,
    name: Ident,
    kind: Vec<TokenTree>,
    accessor: Ident,
}

/// The structure.
struct Structure {
    name: Ident,
    generics: Generics,
    bounds: Vec<TokenTree>,
    fields: Vec<Field>,
    library: Option<Path>,
}

/// What `#[acquire(…)]` on a field says.
#[derive(Default)]
struct Choice {
    skip: bool,
    accessor: Option<Ident>,
}

/// What is in the parentheses of each `#[acquire(…)]`.
fn words(attributes: &[Attribute]) -> Result<Vec<Cursor>> {
    let mut words = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.is("acquire")) {
        let mut input = attribute.input.clone();
        match input.take_group(Delimiter::Parenthesis) {
            Some(group) if input.is_empty() => words.push(Cursor::inside(&group)),
            _ => {
                let message = "expected a list: `#[acquire(skip)]` or `#[acquire(name = \"…\")]`";
                return Err(Error::new(attribute.path.place(), message));
            }
        }
    }
    Ok(words)
}

/// Reads the name of an accessor out of a string literal.
fn accessor_name(cursor: &mut Cursor) -> Result<Ident> {
    let place = cursor.place();
    let wrong = || Error::new(place, "expected the accessor's name in quotes: `name = \"lock_queue\"`");
    let name = cursor.take_literal().and_then(|literal| text(&literal)).ok_or_else(wrong)?;
    let mut inner = Cursor::new(name.parse().map_err(|_| wrong())?);
    let mut name = inner.name().map_err(|_| wrong())?;
    if !inner.is_empty() {
        return Err(wrong());
    }
    name.set_span(place);
    Ok(name)
}

impl Choice {
    fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut choice = Self::default();
        for mut cursor in words(attributes)? {
            while !cursor.is_empty() {
                choice.add(&mut cursor)?;
                if !cursor.is_empty() {
                    cursor.expect_mark(",")?;
                }
            }
        }
        Ok(choice)
    }

    /// Reads one word.
    fn add(&mut self, cursor: &mut Cursor) -> Result<()> {
        let place = cursor.place();
        if cursor.take_word("skip").is_some() {
            if self.skip {
                return Err(Error::new(place, "`skip` is given twice"));
            }
            self.skip = true;
        } else if cursor.take_word("name").is_some() {
            if self.accessor.is_some() {
                return Err(Error::new(place, "`name` is given twice"));
            }
            cursor.expect_mark("=")?;
            self.accessor = Some(accessor_name(cursor)?);
        } else if cursor.at_word("crate") {
            return Err(Error::new(place, "`crate = path` goes on the struct, not on a field"));
        } else {
            return Err(Error::new(place, "expected `skip` or `name = \"…\"`"));
        }
        if self.skip && self.accessor.is_some() {
            return Err(Error::new(
                place,
                "a field that is skipped has no accessor to name: write one of the two",
            ));
        }
        Ok(())
    }
}

/// What `#[acquire(…)]` on the structure says.
fn library_given(attributes: &[Attribute]) -> Result<Option<Path>> {
    let mut library = None;
    for mut cursor in words(attributes)? {
        while !cursor.is_empty() {
            let Some(word) = cursor.take_word("crate") else {
                let message =
                    "on the struct only `crate = path` is expected: `skip` and `name` go on its fields";
                return Err(cursor.error(message));
            };
            library_path(&mut cursor, &mut library, &word)?;
            if !cursor.is_empty() {
                cursor.expect_mark(",")?;
            }
        }
    }
    Ok(library)
}

impl Structure {
    fn parse(input: TokenStream) -> Result<Self> {
        let mut cursor = Cursor::new(input);
        let attributes = Attribute::parse_all(&mut cursor)?;
        // The visibility is the struct's affair.
        Visibility::parse(&mut cursor);
        let is_struct = cursor.take_word("struct").is_some();
        if !is_struct {
            cursor.take_any_word();
        }
        let name = cursor.name()?;
        if !is_struct {
            return Err(Error::new(name.span(), "`Acquire` is derived for structs whose fields are locks"));
        }
        let generics = Generics::parse(&mut cursor)?;
        let mut bounds = Vec::new();
        if cursor.take_word("where").is_some() {
            bounds = cursor.take_until(false, |next| {
                next.at_mark(";")
                    || matches!(next.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
            });
        }
        let Some(fields) = cursor.take_group(Delimiter::Brace) else {
            return Err(cursor.error("`Acquire` names an accessor after each field: give the fields names"));
        };
        let fields = Field::parse_all(Cursor::inside(&fields))?;
        Ok(Self { name, generics, bounds, fields, library: library_given(&attributes)? })
    }
}

impl Field {
    /// Parses the fields, and leaves out those that are skipped.
    fn parse_all(mut cursor: Cursor) -> Result<Vec<Self>> {
        let mut fields = Vec::new();
        while !cursor.is_empty() {
            let attributes = Attribute::parse_all(&mut cursor)?;
            let visibility = Visibility::parse(&mut cursor);
            let name = cursor.name()?;
            cursor.expect_mark(":")?;
            let kind = cursor.take_until(false, |next| next.at_mark(","));
            cursor.take_mark(",");
            let Choice { skip, accessor } = Choice::of(&attributes)?;
            if !skip {
                let accessor = accessor.unwrap_or_else(|| format_ident!("lock_{name}"));
                fields.push(Self { visibility, name, kind, accessor });
            }
        }
        Ok(fields)
    }

    /// The accessor.
    fn emit(&self, library: &TokenStream) -> TokenStream {
        let Self { visibility, name, kind, accessor } = self;
        let lock = joined(kind);
        let doc = format!(
            "Acquires `{}`, waiting for it: allowed where everything held ranks outside of its class, in a \
             context where its kind exists.",
            plain_name(name)
        );
        let class = quote!(<#lock as #library::Lockable>::Class);
        let in_order = comes_after(library, &class, &quote!(__Outer));
        quote! {
            #[doc = #doc]
            #[inline]
            #[track_caller]
            #visibility fn #accessor<'__held, __Outer, __Context>(
                &'__held self,
                held: &'__held mut #library::Held<'_, __Outer, __Context>,
            ) -> #library::Guard<'__held, #lock, __Outer, __Context>
            where
                __Context: #library::Context,
                __Outer: #library::Level,
                #in_order,
                <#lock as #library::Lockable>::Kind: #library::UsableIn<__Context>,
            {
                held.acquire(&self.#name)
            }
        }
    }
}

/// Expands the derive.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let structure = Structure::parse(input)?;
    let library = library(structure.library.as_ref());
    let accessors = structure.fields.iter().map(|field| field.emit(&library));
    let (declarations, arguments) = (structure.generics.declarations(), structure.generics.arguments());
    let (name, bounds) = (&structure.name, joined(&structure.bounds));
    Ok(quote! {
        #[automatically_derived]
        impl<#declarations> #name<#arguments> where #bounds {
            #(#accessors)*
        }
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{refuses, tokens};

    #[test]
    fn only_structs_with_named_fields() {
        refuses!(expand(tokens("enum E { A }")), "for structs" at "E");
        refuses!(expand(tokens("pub union U { a: A }")), "for structs" at "U");
        refuses!(expand(tokens("struct S(A, B);")), "give the fields names" at "(A, B)");
        refuses!(expand(tokens("struct S;")), "give the fields names" at ";");
    }

    #[test]
    fn attributes_say_one_thing_each() {
        let field = |attribute: &str| expand(tokens(&format!("struct S {{ {attribute} a: A }}")));
        refuses!(field("#[acquire(leave)]"), "expected `skip` or `name" at "leave");
        refuses!(field("#[acquire(skip, skip)]"), "`skip` is given twice" at "skip");
        refuses!(field("#[acquire(name = \"a\")] #[acquire(name = \"b\")]"), "`name` is given twice" at "name");
        refuses!(field("#[acquire(skip, name = \"foo\")]"), "write one of the two" at "name");
        refuses!(field("#[acquire(name = foo)]"), "name in quotes" at "foo");
        refuses!(field("#[acquire(name = \"a b\")]"), "name in quotes" at "\"a b\"");
        refuses!(field("#[acquire(name = \"fn\")]"), "name in quotes" at "\"fn\"");
        refuses!(field("#[acquire]"), "expected a list" at "acquire");
        refuses!(field("#[acquire(crate = lo)]"), "goes on the struct" at "crate");
        refuses!(expand(tokens("#[acquire(skip)] struct S { a: A }")), "go on its fields" at "skip");
        refuses!(expand(tokens("#[acquire(crate = a, crate = b)] struct S {}")), "given twice" at "crate");
    }
}
