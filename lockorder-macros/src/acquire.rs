//! `acquire!(held => a, b, c => { … })`: nested acquisition, outermost first.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::syntax::joined;

/// One lock: the name its data gets, and where the lock is.
struct Element {
    name: Ident,
    lock: Vec<TokenTree>,
}

/// The whole invocation.
struct Nest {
    held: Ident,
    elements: Vec<Element>,
    body: Group,
}

impl Element {
    fn parse(cursor: &mut Cursor) -> Result<Self> {
        if !matches!(cursor.peek(), Some(TokenTree::Ident(_))) {
            return Err(cursor.error("name the lock: a variable, or `data = place`"));
        }
        let name = cursor.name()?;
        let lock = if cursor.take_mark("=").is_some() {
            let lock = cursor.take_until(true, |next| next.at_mark(",") || next.at_mark("=>"));
            if lock.is_empty() {
                return Err(cursor.error("where is the lock? `data = place`"));
            }
            lock
        } else if cursor.at_mark(",") || cursor.at_mark("=>") {
            vec![name.clone().into()]
        } else {
            return Err(cursor.error("a lock that is not a variable is given a name: `data = place`"));
        };
        Ok(Self { name, lock })
    }
}

impl Nest {
    fn parse(input: TokenStream) -> Result<Self> {
        let mut cursor = Cursor::new(input);
        let held = cursor.name()?;
        cursor.expect_mark("=>")?;
        let mut elements: Vec<Element> = Vec::new();
        loop {
            let element = Element::parse(&mut cursor)?;
            if elements.iter().any(|earlier| earlier.name == element.name) {
                let name = &element.name;
                let message =
                    format!("`{name}` names two locks: give the second another name, `other = {name}`");
                return Err(Error::new(name.span(), message));
            }
            elements.push(element);
            if cursor.take_mark(",").is_none() || cursor.at_mark("=>") {
                break;
            }
        }
        cursor.expect_mark("=>")?;
        let Some(body) = cursor.take_group(Delimiter::Brace) else {
            return Err(cursor.error("expected a block: `{ … }`"));
        };
        if !cursor.is_empty() {
            return Err(cursor.error("nothing follows the block"));
        }
        Ok(Self { held, elements, body })
    }
}

/// Expands the macro.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let Nest { held, elements, body } = Nest::parse(input)?;
    let mut acquisitions = TokenStream::new();
    for (index, Element { name, lock }) in elements.iter().enumerate() {
        let guard = format_ident!("guard_{index}", span = Span::mixed_site());
        let place = lock.first().map_or_else(Span::call_site, TokenTree::span);
        // An operator in the expression would bind less tightly than the borrow.
        let is_place = lock.iter().all(|token| match token {
            TokenTree::Punct(mark) => mark.as_char() == '.' || mark.as_char() == ':',
            _ => true,
        });
        let lock = joined(lock);
        let lock = if is_place { lock } else { quote_spanned!(place=> (#lock)) };
        // The call stands at the lock, so that a wrong order is an error at the lock that is out of order.
        let acquired = quote_spanned!(place=> #held.lock(&#lock));
        acquisitions.extend(quote! {
            let mut #guard = #acquired;
            let (#name, mut #held) = #guard.split();
            // What is used is the block's affair.
            let _ = (&#name, &mut #held);
        });
    }
    let statements = body.stream();
    Ok(quote!({ #acquisitions #statements }))
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{refuses, tokens};

    #[test]
    fn locks_have_names_of_their_own() {
        refuses!(expand(tokens("held => a, a => {}")), "names two locks" at "a");
        refuses!(expand(tokens("held => a.b => {}")), "is given a name" at ".");
        refuses!(expand(tokens("held => &a => {}")), "name the lock" at "&");
        refuses!(expand(tokens("held => a = => {}")), "where is the lock?" at "=");
    }

    #[test]
    fn the_form_is_explained() {
        refuses!(expand(tokens("")), "expected a name" at "");
        refuses!(expand(tokens("held")), "expected `=>`" at "");
        refuses!(expand(tokens("held => a =>")), "expected a block" at "");
        refuses!(expand(tokens("held => a => f()")), "expected a block" at "f");
        refuses!(expand(tokens("held => a => {} x")), "nothing follows" at "x");
    }

    #[test]
    fn places_may_be_any_expression() {
        for place in ["a.b", "a[0]", "f::<A, B>()", "<A as B<C>>::D", "*a", "if a { b } else { c }"] {
            expand(tokens(&format!("held => lock = {place}, other = {place} => {{ }}"))).unwrap();
        }
    }
}
