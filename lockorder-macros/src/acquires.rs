//! `#[acquires(…)]`: what a function acquires, as bounds on its caller.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Block, Error, FnArg, Ident, Pat, Path, Signature, Token, Type, parse_quote};

/// The context that the function needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    MaySleep,
    Atomic,
    Irq,
}

/// The list in the attribute.
struct List {
    positions: Vec<Path>,
    context: Context,
    nothing_held: bool,
    concrete: bool,
}

/// The words that are not lock classes.
const WORDS: &str = "`may_sleep`, `atomic`, `irq`, `nothing_held` or `dyn`";

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut positions = Vec::new();
        while !input.is_empty() && !input.peek(Token![;]) {
            positions.push(input.call(Path::parse_mod_style)?);
            if input.is_empty() || input.peek(Token![;]) {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        let twice = |word: Span| Error::new(word, "this word is given twice");
        let mut context: Option<Context> = None;
        let mut nothing_held = false;
        let mut concrete = false;
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            while !input.is_empty() {
                if input.peek(Token![dyn]) {
                    let word = input.parse::<Token![dyn]>()?;
                    if concrete {
                        return Err(twice(word.span()));
                    }
                    concrete = true;
                } else {
                    let word: Ident = input.parse()?;
                    let named = match word.to_string().as_str() {
                        "may_sleep" => Some(Context::MaySleep),
                        "atomic" => Some(Context::Atomic),
                        "irq" => Some(Context::Irq),
                        "nothing_held" => None,
                        other => {
                            return Err(Error::new(
                                word.span(),
                                format!("unknown word `{other}`: after the `;` stand {WORDS}"),
                            ));
                        }
                    };
                    match (named, context) {
                        (Some(_), Some(_)) => {
                            return Err(Error::new(
                                word.span(),
                                "a function needs one context: this is the second",
                            ));
                        }
                        (Some(named), None) => context = Some(named),
                        (None, _) if nothing_held => return Err(twice(word.span())),
                        (None, _) => nothing_held = true,
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
        }
        for path in &positions {
            if let Some(word) = path.get_ident()
                && ["may_sleep", "atomic", "irq", "nothing_held"].contains(&word.to_string().as_str())
            {
                return Err(Error::new(
                    word.span(),
                    format!(
                        "`{word}` is not a lock class: write it after a `;`, as in `#[acquires(Inode; {word})]`"
                    ),
                ));
            }
        }
        if positions.is_empty() && !nothing_held {
            return Err(input.error(
                "what does it acquire? name levels or classes, outermost first, or `; nothing_held`",
            ));
        }
        Ok(Self { positions, context: context.unwrap_or(Context::MaySleep), nothing_held, concrete })
    }
}

/// A function, with a body or, in a trait, without.
struct Function {
    attributes: Vec<syn::Attribute>,
    visibility: syn::Visibility,
    signature: Signature,
    body: Option<Block>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(syn::Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !(input.peek(Token![fn])
            || input.peek(Token![const])
            || input.peek(Token![unsafe])
            || input.peek(Token![extern])
            || input.peek(Token![async]))
        {
            return Err(input.error("`#[acquires]` goes on a function or a method"));
        }
        let signature = input.parse()?;
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            Some(input.parse()?)
        };
        Ok(Self { attributes, visibility, signature, body })
    }
}

/// Whether a type is written `Held`, without parameters.
fn is_bare_held(path: &Path) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == "Held" && segment.arguments.is_none())
}

/// Finds the token's parameter: its name, and the place of its type.
fn token_parameter(signature: &mut Signature) -> syn::Result<(Ident, &mut Type)> {
    let span = signature.ident.span();
    let mut found: Option<(Ident, &mut Type)> = None;
    for input in &mut signature.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let whole = parameter.ty.span();
        let bare = match &*parameter.ty {
            Type::Path(path) => is_bare_held(&path.path),
            Type::Reference(reference) => {
                matches!(&*reference.elem, Type::Path(path) if is_bare_held(&path.path))
            }
            _ => false,
        };
        if !bare {
            continue;
        }
        if found.is_some() {
            return Err(Error::new(whole, "a function has one token: this is the second `Held`"));
        }
        let Pat::Ident(name) = &mut *parameter.pat else {
            return Err(Error::new(parameter.pat.span(), "name the token: `held: Held`"));
        };
        name.mutability = None;
        found = Some((name.ident.clone(), &mut parameter.ty));
    }
    found.ok_or_else(|| {
        Error::new(span, "no parameter of type `Held`: the attribute fills in its levels, as in `held: Held`")
    })
}

/// Gives the bare `Held` its parameters: the path stays the one that the user wrote.
fn fill_in(place: &mut Type, parameters: syn::AngleBracketedGenericArguments) -> syn::Result<()> {
    let path = match place {
        Type::Reference(reference) => {
            if reference.mutability.is_none() {
                return Err(Error::new(
                    reference.span(),
                    "a shared token acquires nothing: take `held: Held` or `held: &mut Held`",
                ));
            }
            &mut *reference.elem
        }
        other => other,
    };
    if let Type::Path(path) = path
        && let Some(segment) = path.path.segments.last_mut()
    {
        segment.arguments = syn::PathArguments::AngleBracketed(parameters);
    }
    Ok(())
}

/// Expands the attribute.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let list: List = syn::parse2(attribute)?;
    let Function { attributes, visibility, mut signature, body } = syn::parse2(item)?;
    if let Some(word) = &signature.asyncness {
        return Err(Error::new(
            word.span(),
            "a token cannot be held across an `await`: acquire in a plain function",
        ));
    }
    let (name, place) = token_parameter(&mut signature)?;
    let (context_bound, context_type, weaken) = match list.context {
        Context::MaySleep => (quote!(MaySleep), quote!(Task), quote!(to_task)),
        Context::Atomic => (quote!(MaySpin), quote!(Atomic), quote!(to_atomic)),
        Context::Irq => (quote!(Context), quote!(IrqOff), quote!(to_irq_off)),
    };
    let outermost = list.positions.first();
    let level = match (list.concrete, list.nothing_held, outermost) {
        (true, true, _) => quote!(::lockorder::Nothing),
        (true, false, Some(outermost)) => quote!(::lockorder::AnythingOutside<#outermost>),
        (false, true, Some(outermost)) => {
            quote!(impl ::lockorder::NothingHeld + ::lockorder::Before<#outermost>)
        }
        (false, true, None) => quote!(impl ::lockorder::NothingHeld),
        (false, false, Some(outermost)) => quote!(impl ::lockorder::Before<#outermost>),
        (_, false, None) => unreachable!("an empty list without `nothing_held` does not parse"),
    };
    let context = if list.concrete {
        quote!(::lockorder::#context_type)
    } else {
        quote!(impl ::lockorder::#context_bound)
    };
    fill_in(place, parse_quote!(<'_, #level, #context>))?;

    let Some(body) = body else {
        // Without a body the list's order is a bound of the signature.
        for pair in list.positions.windows(2) {
            let (outer, inner) = (at(&pair[0], pair[1].span()), &pair[1]);
            signature
                .generics
                .make_where_clause()
                .predicates
                .push(parse_quote!(#outer: ::lockorder::Before<#inner>));
        }
        return Ok(quote!(#(#attributes)* #visibility #signature;));
    };
    let checks = order_checks(&list.positions);
    let prelude = if list.concrete {
        quote! {
            #[allow(unused_mut, unused_variables, reason = "whether the token is used is the body's affair")]
            let mut #name = #name;
        }
    } else {
        let below = match (list.nothing_held, outermost) {
            (true, _) => quote!(#name.to_nothing()),
            (false, Some(outermost)) => quote!(#name.below::<#outermost>()),
            (false, None) => unreachable!("an empty list without `nothing_held` does not parse"),
        };
        let inner = format_ident!("__outer", span = Span::mixed_site());
        quote! {
            #[allow(unused_mut, reason = "a token taken by reference is not rebound mutably")]
            let mut #name = #name;
            let mut #inner = #below;
            #[allow(unused_mut, unused_variables, reason = "whether the token is used is the body's affair")]
            let mut #name = #inner.#weaken();
        }
    };
    let statements = &body.stmts;
    Ok(quote! {
        #(#attributes)*
        #visibility #signature {
            #checks
            #prelude
            #(#statements)*
        }
    })
}

/// A path that stands, for the compiler's errors, at another place.
fn at(path: &Path, place: Span) -> TokenStream {
    path.to_token_stream()
        .into_iter()
        .map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}

/// For each neighbouring pair of the list, a bound that holds when the pair is in order; where it does not, the
/// error stands at the later one.
fn order_checks(positions: &[Path]) -> TokenStream {
    let pairs = positions.windows(2).map(|pair| {
        let (outer, inner) = (at(&pair[0], pair[1].span()), &pair[1]);
        let check = quote_spanned!(inner.span()=> __acquired_after::<#outer, #inner>());
        quote!(let _ = || #check;)
    });
    if positions.len() < 2 {
        return TokenStream::new();
    }
    quote! {
        {
            const fn __acquired_after<Outer: ::lockorder::Before<Inner>, Inner: ::lockorder::Level>() {}
            #(#pairs)*
        }
    }
}
