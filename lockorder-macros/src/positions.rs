//! What the expansions say of positions in the order: the one place that names the library's bounds.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The bound that `inner` may be acquired with everything held at `outer` or outside of it.
///
/// The bounded type is in parentheses: where it is a parameter of the user's with a bound of its own, a second one in a
/// `where` clause of ours is nothing that the user could write in one place (`clippy::multiple_bound_locations`).
pub(crate) fn comes_after(library: &TokenStream, inner: &dyn ToTokens, outer: &dyn ToTokens) -> TokenStream {
    quote!((#outer): #library::Before<#inner>)
}

/// The position just outside of `position`.
pub(crate) fn just_outside(library: &TokenStream, position: &dyn ToTokens) -> TokenStream {
    quote!(#library::Below<#position>)
}
