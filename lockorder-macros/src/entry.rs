//! `#[entry_point(…)]`: a function where control enters, with the root that this way of entering has.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat};

/// The ways control enters a kernel, each a function of `lockorder::entry`.
const KINDS: [&str; 8] =
    ["boot", "cpu_start", "idle", "thread", "system_call", "user_exception", "interrupt", "interrupt_tail"];

/// Expands the attribute.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let listed = KINDS.map(|kind| format!("`{kind}`")).join(", ");
    if attribute.is_empty() {
        return Err(Error::new(Span::call_site(), format!("which way does control enter? one of {listed}")));
    }
    let kind: Ident = syn::parse2(attribute)?;
    if !KINDS.contains(&kind.to_string().as_str()) {
        return Err(Error::new(
            kind.span(),
            format!("unknown way to enter `{kind}`: expected one of {listed}"),
        ));
    }
    let function: ItemFn = syn::parse2(item)?;
    let signature = &function.sig;
    if signature.unsafety.is_none() {
        return Err(Error::new(
            signature.fn_token.span(),
            "an entry point mints a root: declare it `unsafe fn`, and say in `# Safety` where it is called from",
        ));
    }
    if let Some(word) = &signature.asyncness {
        return Err(Error::new(word.span(), "control does not enter a kernel through a future"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(
            signature.generics.span(),
            "an entry point has one form: it cannot be generic",
        ));
    }
    let mut inputs = signature.inputs.iter();
    let Some(FnArg::Typed(token)) = inputs.next() else {
        return Err(Error::new(
            signature.ident.span(),
            "the first parameter of an entry point is its root: `held: Root<'_, …>`",
        ));
    };
    let (token_pattern, token_type) = (&token.pat, &token.ty);
    let mut parameters = Vec::new();
    let mut names = Vec::new();
    for input in inputs {
        let FnArg::Typed(parameter) = input else { unreachable!("`self` is the first parameter or none") };
        let Pat::Ident(pattern) = &*parameter.pat else {
            return Err(Error::new(parameter.pat.span(), "name the parameter: it is passed on"));
        };
        let (name, kind) = (pattern.ident.clone(), &parameter.ty);
        parameters.push(quote!(#name: #kind));
        names.push(name);
    }
    let ItemFn { attrs: attributes, vis: visibility, block, .. } = &function;
    let (name, abi, output) = (&signature.ident, &signature.abi, &signature.output);
    let inner = format_ident!("with_root", span = Span::mixed_site());
    let inner_parameters = function.sig.inputs.iter().skip(1);
    // The closure's return type is written out, so that `-> !` stays `!` and does not fall back to `()`.
    let call = quote! {
        unsafe { ::lockorder::entry::#kind(|held| #output { #inner(held #(, #names)*) }) }
    };
    Ok(quote! {
        #(#attributes)*
        #visibility unsafe #abi fn #name(#(#parameters),*) #output {
            #[inline]
            fn #inner(#token_pattern: #token_type #(, #inner_parameters)*) #output #block
            #[allow(
                clippy::undocumented_unsafe_blocks,
                reason = "the argument is the entry's own contract: control has just entered this way, once"
            )]
            #call
        }
    })
}
