//! The macros of `lockorder`. Use them through that crate, which re-exports them.

mod hierarchy;
mod type_number;

use proc_macro::TokenStream;

/// Declares levels and lock classes.
#[proc_macro]
pub fn hierarchy(input: TokenStream) -> TokenStream {
    hierarchy::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
