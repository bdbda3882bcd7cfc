//! What the expansions say of positions in the order: the one place that names the library's bounds.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The bound that `inner` may be acquired with everything held at `outer` or outside of it.
pub(crate) fn comes_after(library: &TokenStream, inner: &dyn ToTokens, outer: &dyn ToTokens) -> TokenStream {
    quote!(#outer: #library::Before<#inner>)
}

/// The position just outside of `position`.
pub(crate) fn just_outside(library: &TokenStream, position: &dyn ToTokens) -> TokenStream {
    quote!(#library::Below<#position>)
}
