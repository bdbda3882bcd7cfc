//! `#[derive(Acquire)]`: one acquiring accessor for each lock of a struct.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr};

/// What `#[acquire(…)]` on a field says.
enum Choice {
    Accessor(Ident),
    Skip,
}

/// Reads a field's attribute.
fn choice(field: &Field, default: Ident) -> syn::Result<Choice> {
    let mut choice = Choice::Accessor(default);
    for attribute in &field.attrs {
        if !attribute.path().is_ident("acquire") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                choice = Choice::Skip;
                Ok(())
            } else if meta.path.is_ident("name") {
                let text: LitStr = meta.value()?.parse()?;
                choice = Choice::Accessor(text.parse()?);
                Ok(())
            } else {
                Err(meta.error("expected `skip` or `name = \"…\"`"))
            }
        })?;
    }
    Ok(choice)
}

/// Expands the derive.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "`Acquire` is derived for structs whose fields are locks",
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(
            data.fields.span(),
            "`Acquire` names an accessor after each field: give the fields names",
        ));
    };
    let mut accessors = Vec::new();
    for field in &fields.named {
        let name = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "the field has no name"))?;
        let accessor = match choice(field, format_ident!("lock_{name}"))? {
            Choice::Accessor(accessor) => accessor,
            Choice::Skip => continue,
        };
        let (visibility, lock) = (&field.vis, &field.ty);
        let doc = format!(
            "Acquires `{name}`, waiting for it: allowed where everything held ranks outside of its class, in a \
             context where its kind exists."
        );
        accessors.push(quote! {
            #[doc = #doc]
            #[inline]
            #[track_caller]
            #visibility fn #accessor<'__held, __Outer, __Context>(
                &'__held self,
                held: &'__held mut ::lockorder::Held<'_, __Outer, __Context>,
            ) -> <#lock as ::lockorder::Lockable>::Guard<'__held, __Outer, __Context>
            where
                __Context: ::lockorder::Context,
                __Outer: ::lockorder::Level,
                <#lock as ::lockorder::Lockable>::Class: ::lockorder::After<__Outer>,
                <#lock as ::lockorder::Lockable>::Kind: ::lockorder::UsableIn<__Context>,
            {
                held.acquire(&self.#name)
            }
        });
    }
    let name = &input.ident;
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #name #arguments #bounds {
            #(#accessors)*
        }
    })
}
