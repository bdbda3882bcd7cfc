//! The token among a function's parameters: `held: Held` or `held: &mut Held`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use crate::error::{Error, Result};
use crate::function::{Function, Parameter};
use crate::syntax::joined;

/// The parameter whose type is a bare `Held`.
pub(super) struct Token {
    /// Its place among the parameters.
    index: usize,
    pub(super) name: Ident,
    /// `&mut`, with a lifetime perhaps; nothing for a token by value.
    reference: Vec<TokenTree>,
    /// `Held`, with the path that the user wrote.
    path: Vec<TokenTree>,
}

/// Divides a type into the `&` part in front and a bare `Held`; nothing for every other type.
fn divide(kind: &[TokenTree]) -> Option<(&[TokenTree], &[TokenTree])> {
    let is_mark = |token: Option<&TokenTree>, mark| matches!(token, Some(TokenTree::Punct(next)) if next.as_char() == mark);
    let is_word =
        |token: Option<&TokenTree>, word| matches!(token, Some(TokenTree::Ident(next)) if next == word);
    let mut length = 0;
    if is_mark(kind.first(), '&') {
        length = 1;
        if is_mark(kind.get(length), '\'') {
            length += 2;
        }
        if is_word(kind.get(length), "mut") {
            length += 1;
        }
    }
    let (reference, path) = kind.split_at_checked(length)?;
    let is_path = path.iter().all(|token| match token {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(mark) => mark.as_char() == ':',
        _ => false,
    });
    (is_path && is_word(path.last(), "Held")).then_some((reference, path))
}

impl Token {
    /// Finds the token: a function has one.
    pub(super) fn find(function: &Function) -> Result<Self> {
        let mut found: Option<Self> = None;
        for (index, parameter) in function.parameters.iter().enumerate() {
            let Parameter::Typed { pattern, kind, .. } = parameter else { continue };
            let Some((reference, path)) = divide(kind) else { continue };
            if found.is_some() {
                return Err(Error::over(kind, "a function has one token: this is the second `Held`"));
            }
            let is_mutable = matches!(reference.last(), Some(TokenTree::Ident(word)) if word == "mut");
            if !reference.is_empty() && !is_mutable {
                return Err(Error::over(
                    kind,
                    "a shared token acquires nothing: take `held: Held` or `held: &mut Held`",
                ));
            }
            let name = match &pattern[..] {
                [TokenTree::Ident(name)] if name != "_" => name.clone(),
                [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mut" => name.clone(),
                _ => return Err(Error::over(pattern, "name the token: `held: Held`")),
            };
            found = Some(Self { index, name, reference: reference.to_vec(), path: path.to_vec() });
        }
        found.ok_or_else(|| {
            Error::new(
                function.name.span(),
                "no parameter of type `Held`: the attribute fills in its levels, as in `held: Held`",
            )
        })
    }

    /// Whether the function takes it by `&mut`.
    pub(super) fn by_reference(&self) -> bool {
        !self.reference.is_empty()
    }

    /// The function's parameters, the token's type with its position and its context.
    pub(super) fn parameters(
        &self,
        function: &Function,
        position: &TokenStream,
        context: &TokenStream,
    ) -> TokenStream {
        let parameters = function.parameters.iter().enumerate().map(|(index, parameter)| match parameter {
            Parameter::Typed { attributes, .. } if index == self.index => {
                let (name, reference, path) = (&self.name, joined(&self.reference), joined(&self.path));
                quote!(#(#attributes)* #name: #reference #path<'_, #position, #context>)
            }
            Parameter::Typed { attributes, pattern, kind } => {
                let (pattern, kind) = (joined(pattern), joined(kind));
                quote!(#(#attributes)* #pattern: #kind)
            }
            Parameter::Receiver(tokens) | Parameter::Variadic(tokens) => joined(tokens),
        });
        quote!(#(#parameters),*)
    }
}
