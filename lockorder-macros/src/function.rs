//! A function, as far as the attributes on functions read it.

use proc_macro2::{Delimiter, Group, Ident, TokenTree};

use crate::cursor::Cursor;
use crate::error::Result;
use crate::generics::Generics;
use crate::syntax::{Attribute, Visibility};

/// One parameter.
pub(crate) enum Parameter {
    /// `self`, in one of its forms.
    Receiver(Vec<TokenTree>),
    /// `pattern: Type`.
    Typed { attributes: Vec<Attribute>, pattern: Vec<TokenTree>, kind: Vec<TokenTree> },
    /// `...`.
    Variadic(Vec<TokenTree>),
}

/// A function, with a body or, in a trait, without.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) constness: Option<Ident>,
    pub(crate) asyncness: Option<Ident>,
    pub(crate) unsafety: Option<Ident>,
    /// `extern "C"`.
    pub(crate) abi: Vec<TokenTree>,
    pub(crate) word: Ident,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) parameters: Vec<Parameter>,
    /// `-> Type`.
    pub(crate) output: Vec<TokenTree>,
    pub(crate) where_word: Option<Ident>,
    /// The bounds that stand after `where`.
    pub(crate) bounds: Vec<TokenTree>,
    pub(crate) body: Option<Group>,
}

impl Function {
    /// Parses the item that the attribute `macro_name` stands on.
    pub(crate) fn parse(cursor: &mut Cursor, macro_name: &str) -> Result<Self> {
        let attributes = Attribute::parse_all(cursor)?;
        let visibility = Visibility::parse(cursor);
        let other = cursor.error(format!("`#[{macro_name}]` goes on a function or a method"));
        let constness = cursor.take_word("const");
        let asyncness = cursor.take_word("async");
        let unsafety = cursor.take_word("unsafe");
        let mut abi: Vec<TokenTree> = cursor.take_word("extern").map(TokenTree::from).into_iter().collect();
        if !abi.is_empty() {
            abi.extend(cursor.take_literal().map(TokenTree::from));
        }
        let Some(word) = cursor.take_word("fn") else { return Err(other) };
        let name = cursor.name()?;
        let generics = Generics::parse(cursor)?;
        let Some(list) = cursor.take_group(Delimiter::Parenthesis) else {
            return Err(cursor.error("expected `(`"));
        };
        let parameters = Parameter::parse_all(&list)?;
        let at_body = |next: &mut Cursor| {
            next.at_mark(";")
                || matches!(next.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
        };
        let output = cursor.take_until(false, |next| at_body(next) || next.at_word("where"));
        let where_word = cursor.take_word("where");
        let bounds = cursor.take_until(false, at_body);
        let body = cursor.take_group(Delimiter::Brace);
        if body.is_none() {
            cursor.expect_mark(";")?;
        }
        if !cursor.is_empty() {
            return Err(cursor.error("nothing follows the function"));
        }
        Ok(Self {
            attributes,
            visibility,
            constness,
            asyncness,
            unsafety,
            abi,
            word,
            name,
            generics,
            parameters,
            output,
            where_word,
            bounds,
            body,
        })
    }
}

impl Parameter {
    fn parse_all(list: &Group) -> Result<Vec<Self>> {
        let mut cursor = Cursor::inside(list);
        let mut parameters = Vec::new();
        while !cursor.is_empty() {
            parameters.push(Self::parse(&mut cursor)?);
            if !cursor.is_empty() {
                cursor.expect_mark(",")?;
            }
        }
        Ok(parameters)
    }

    fn parse(cursor: &mut Cursor) -> Result<Self> {
        let mut ahead = cursor.clone();
        let attributes = Attribute::parse_all(&mut ahead)?;
        if ahead.at_mark("...") {
            return Ok(Self::Variadic(cursor.take_until(false, |next| next.at_mark(","))));
        }
        let pattern = ahead.take_until(true, |next| next.at_mark(":") || next.at_mark(","));
        let is_receiver = matches!(pattern.last(), Some(TokenTree::Ident(word)) if word == "self");
        if is_receiver {
            return Ok(Self::Receiver(cursor.take_until(false, |next| next.at_mark(","))));
        }
        ahead.expect_mark(":")?;
        if ahead.at_mark("...") {
            return Ok(Self::Variadic(cursor.take_until(false, |next| next.at_mark(","))));
        }
        let kind = ahead.take_until(false, |next| next.at_mark(","));
        *cursor = ahead;
        if kind.is_empty() {
            return Err(cursor.error("expected a type"));
        }
        Ok(Self::Typed { attributes, pattern, kind })
    }
}
