//! What the expansions say of positions in the order: the one place that names the library's bounds.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The bound of a function whose token is at `outer`, that it may acquire `inner` through `held.below::<inner>()`. Stands on
/// `outer`, which a call of the function learns last.
pub(crate) fn comes_before(library: &TokenStream, outer: &dyn ToTokens, inner: &dyn ToTokens) -> TokenStream {
    quote!(#outer: #library::Before<#inner>)
}

/// The bound of whatever acquires `inner` itself with `outer` held.
pub(crate) fn comes_after(library: &TokenStream, inner: &dyn ToTokens, outer: &dyn ToTokens) -> TokenStream {
    quote!(#inner: #library::After<#outer>)
}

/// The position just outside of `position`.
pub(crate) fn just_outside(library: &TokenStream, position: &dyn ToTokens) -> TokenStream {
    quote!(#library::AnythingOutside<#position>)
}
