//! `acquire!(held => a, b, c => { … })`: nested acquisition, outermost first.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Block, Error, Expr, Ident, Token};

/// One lock: the name its data gets, and where the lock is.
struct Element {
    name: Ident,
    lock: Expr,
}

/// The whole invocation.
struct Nest {
    held: Ident,
    elements: Vec<Element>,
    body: Block,
}

impl Parse for Element {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident) {
            return Err(input.error("name the lock: a variable, or `data = place`"));
        }
        let name: Ident = input.parse()?;
        let lock = if input.peek(Token![=]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
            Expr::parse_without_eager_brace(input)?
        } else if input.peek(Token![,]) || input.peek(Token![=>]) {
            Expr::Path(syn::parse2(quote!(#name))?)
        } else {
            return Err(input.error("a lock that is not a variable is given a name: `data = place`"));
        };
        Ok(Self { name, lock })
    }
}

impl Parse for Nest {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let held: Ident = input.parse()?;
        input.parse::<Token![=>]>()?;
        let mut elements: Vec<Element> = Vec::new();
        loop {
            let element: Element = input.parse()?;
            if let Some(same) = elements.iter().find(|earlier| earlier.name == element.name) {
                return Err(Error::new(
                    element.name.span(),
                    format!(
                        "`{}` names two locks: give the second another name, `other = {}`",
                        same.name, same.name
                    ),
                ));
            }
            elements.push(element);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                if !input.peek(Token![=>]) {
                    continue;
                }
            }
            break;
        }
        input.parse::<Token![=>]>()?;
        let body = input.parse()?;
        if !input.is_empty() {
            return Err(input.error("nothing follows the block"));
        }
        Ok(Self { held, elements, body })
    }
}

/// Expands the macro.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Nest { held, elements, body } = syn::parse2(input)?;
    let mut acquisitions = TokenStream::new();
    for (index, Element { name, lock }) in elements.iter().enumerate() {
        let guard = format_ident!("guard_{index}", span = Span::mixed_site());
        // The place is spanned, so that a wrong order is an error at the lock that is out of order.
        let acquired = quote_spanned!(lock.span()=> #held.lock(&#lock));
        acquisitions.extend(quote! {
            let mut #guard = #acquired;
            #[allow(unused_mut, unused_variables, reason = "what is used is the block's affair")]
            let (#name, mut #held) = #guard.split();
        });
    }
    let statements = &body.stmts;
    Ok(quote!({ #acquisitions #(#statements)* }))
}
