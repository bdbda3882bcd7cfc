//! `hierarchy!`: parse, check, emit.

mod check;
mod emit;
mod parse;

use proc_macro2::TokenStream;

/// Expands one invocation.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let declaration: parse::Declaration = syn::parse2(input)?;
    let checked = check::check(declaration)?;
    Ok(emit::emit(&checked))
}
