//! `#[acquires(…)]`: what a function acquires, as bounds on its caller.

mod list;
mod token;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use self::list::{Context, Extent, List};
use self::token::Token;
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::function::Function;
use crate::positions::{comes_after, comes_before, just_outside};
use crate::syntax::{Path, joined, library};

/// What the list means for a function.
struct Meaning {
    /// The position and the context of the token in the signature.
    position: TokenStream,
    context: TokenStream,
    /// The parameter that stands for the caller's position, if there is one.
    parameter: TokenStream,
    /// The bounds that the signature gets.
    bounds: Vec<TokenStream>,
    /// What stands in front of the body: checks of the list, and the token that the body has.
    prelude: TokenStream,
}

/// Expands the attribute.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let list = List::parse(attribute)?;
    let function = Function::parse(&mut Cursor::new(item), "acquires")?;
    if let Some(word) = &function.asyncness {
        let message = "a token cannot be held across an `await`: acquire in a plain function";
        return Err(Error::new(word.span(), message));
    }
    if let Some(word) = &function.constness {
        let message = "nothing is acquired while the compiler evaluates a constant: leave `const` out";
        return Err(Error::new(word.span(), message));
    }
    let token = Token::find(&function)?;
    Ok(emit(&function, &token, &meaning(&list, &function, &token)))
}

/// Says what the list means.
fn meaning(list: &List, function: &Function, token: &Token) -> Meaning {
    let library = &library(list.library.as_ref());
    let (bound, concrete, weaken) = match list.context {
        Context::MaySleep => (quote!(MaySleep), quote!(Task), quote!(to_task)),
        Context::Atomic => (quote!(MaySpin), quote!(Atomic), quote!(to_atomic)),
        Context::Irq => (quote!(Context), quote!(IrqOff), quote!(to_irq_off)),
    };
    let context = if list.concrete { quote!(#library::#concrete) } else { quote!(impl #library::#bound) };
    let mut meaning =
        Meaning { position: quote!(), context, parameter: quote!(), bounds: Vec::new(), prelude: quote!() };
    let name = &token.name;
    // The caller's token, moved out to what the list says.
    let moved = match &list.extent {
        Extent::Nothing => {
            meaning.position =
                if list.concrete { quote!(#library::Nothing) } else { quote!(impl #library::NothingHeld) };
            quote!(#name.to_nothing())
        }
        Extent::Classes { outermost, inner } => {
            let outer = if list.concrete {
                just_outside(library, outermost)
            } else {
                let outer = quote!(__Outer);
                meaning.parameter = quote!(#outer: #library::Level);
                let classes = std::iter::once(outermost).chain(inner);
                meaning.bounds.extend(classes.map(|class| comes_before(library, &outer, class)));
                outer
            };
            meaning.position = outer;
            check_order(outermost, inner, function, library, &mut meaning);
            quote!(#name.below::<#outermost>())
        }
    };
    meaning.prelude.extend(if list.concrete {
        rebind(token)
    } else {
        let outer = format_ident!("__outer", span = Span::mixed_site());
        let weakened = if token.by_reference() {
            quote!(let #name = &mut #outer.#weaken();)
        } else {
            quote!(let mut #name = #outer.#weaken();)
        };
        let (rebound, used) = (rebind(token), used(token));
        quote!(#rebound let mut #outer = #moved; #weakened #used)
    });
    meaning
}

/// Binds a token by value mutably: a pattern in a signature does so only where there is a body.
fn rebind(token: &Token) -> TokenStream {
    let (name, used) = (&token.name, used(token));
    if token.by_reference() { used } else { quote!(let mut #name = #name; #used) }
}

/// Uses the token: whether the body does is its own affair.
fn used(token: &Token) -> TokenStream {
    let name = &token.name;
    if token.by_reference() { quote!(let _ = &#name;) } else { quote!(let _ = &mut #name;) }
}

/// Checks that each class of the list comes after the one before; where one does not, the error stands at it.
///
/// Of classes that the function is generic in, and where there is no body, it is a bound of the signature; otherwise a
/// check in the body, which callers do not see.
fn check_order(
    outermost: &Path,
    inner: &[Path],
    function: &Function,
    library: &TokenStream,
    meaning: &mut Meaning,
) {
    let mut parameters = function.generics.type_names();
    parameters.push(Ident::new("Self", Span::call_site()));
    let is_generic = |class: &Path| class.mentions(&parameters);
    if is_generic(outermost) {
        // The compiler does not know of a parameter that it comes after what is outside of it.
        meaning.bounds.push(comes_after(library, outermost, &just_outside(library, outermost)));
    }
    let mut checks = Vec::new();
    let mut outer = outermost;
    for class in inner {
        let place = class.place();
        let outer_there = outer.at(place);
        if is_generic(class) {
            meaning.bounds.push(comes_after(library, class, &just_outside(library, outermost)));
        }
        if function.body.is_none() || is_generic(outer) || is_generic(class) {
            meaning.bounds.push(comes_after(library, class, &outer_there));
        } else {
            let check = quote_spanned!(place=> __acquired_after::<#outer_there, #class>());
            checks.push(quote!(let _ = || #check;));
        }
        outer = class;
    }
    if !checks.is_empty() {
        let bound = comes_after(library, &quote!(Inner), &quote!(Outer));
        meaning.prelude = quote! {
            {
                const fn __acquired_after<Outer: #library::Level, Inner: #library::Level>() where #bound {}
                #(#checks)*
            }
        };
    }
}

/// Puts the function together again.
fn emit(function: &Function, token: &Token, meaning: &Meaning) -> TokenStream {
    let Function { attributes, visibility, unsafety, word, name, .. } = function;
    let (abi, output, written) = (joined(&function.abi), joined(&function.output), joined(&function.bounds));
    let parameters = token.parameters(function, &meaning.position, &meaning.context);
    let generics = if meaning.parameter.is_empty() {
        joined(&function.generics.written)
    } else {
        let (declared, parameter) = (function.generics.declarations(), &meaning.parameter);
        quote!(<#declared #parameter>)
    };
    let bounds = &meaning.bounds;
    let conditions = if written.is_empty() && bounds.is_empty() {
        TokenStream::new()
    } else {
        let word = function.where_word.clone().unwrap_or_else(|| Ident::new("where", Span::call_site()));
        let is_separated = match function.bounds.last() {
            Some(TokenTree::Punct(mark)) => mark.as_char() == ',',
            Some(_) => bounds.is_empty(),
            None => true,
        };
        let comma = (!is_separated).then(|| quote!(,));
        quote!(#word #written #comma #(#bounds),*)
    };
    let signature = quote! {
        #(#attributes)*
        #visibility #unsafety #abi #word #name #generics (#parameters) #output #conditions
    };
    let Some(body) = &function.body else { return quote!(#signature;) };
    let (prelude, statements) = (&meaning.prelude, body.stream());
    quote!(#signature { #prelude #statements })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::error::Result;
    use crate::testing::{refuses, tokens};

    fn expansion(attribute: &str, item: &str) -> Result<proc_macro2::TokenStream> {
        expand(tokens(attribute), tokens(item))
    }

    /// Asserts that `item` becomes `expected`, up to spaces.
    fn becomes(attribute: &str, item: &str, expected: &str) {
        let expanded = expansion(attribute, item).expect("a good function").to_string().replace(' ', "");
        assert_eq!(expanded, expected.replace([' ', '\n'], ""));
    }

    #[test]
    fn the_list_is_checked() {
        let item = "fn f(held: Held) {}";
        refuses!(expansion("", item), "what does it acquire?" at "");
        refuses!(expansion("A; maysleep", item), "unknown word `maysleep`" at "maysleep");
        refuses!(expansion("A; atomic, irq", item), "this is the second" at "irq");
        refuses!(expansion("A, atomic", item), "write it after a `;`" at "atomic");
        refuses!(expansion("dyn", item), "write it after a `;`" at "dyn");
        refuses!(expansion("crate = lo", item), "is written after a `;`" at "crate");
        refuses!(expansion("A B", item), "expected `,`" at "B");
        refuses!(expansion("A; irq atomic", item), "expected `,`" at "atomic");
        refuses!(expansion("A; dyn, dyn", item), "given twice" at "dyn");
        refuses!(expansion("A; 3", item), "expected a word" at "3");
        refuses!(expansion("A;", item), "nothing follows the `;`" at ";");
        refuses!(expansion(";", item), "nothing follows the `;`" at ";");
        refuses!(expansion("3", item), "expected a name" at "3");
        refuses!(expansion("; nothing_held, nothing_held", item), "given twice" at "nothing_held");
        refuses!(expansion("A; crate = a, crate = b", item), "`crate` is given twice" at "crate");
        refuses!(expansion("a::B; nothing_held", item), "leave `a::B` out" at "a::B");
        refuses!(expansion("A; dyn, nothing_held", item), "leave `A` out" at "A");
    }

    #[test]
    fn the_token_is_found() {
        refuses!(expansion("A", "fn f(x: u32) {}"), "no parameter of type `Held`" at "f");
        refuses!(expansion("A", "fn f(held: Option<Held>) {}"), "no parameter of type `Held`" at "f");
        refuses!(expansion("A", "fn f(a: Held, b: Held) {}"), "this is the second `Held`" at "Held");
        refuses!(expansion("A", "fn f(held: &Held) {}"), "a shared token acquires nothing" at "&Held");
        refuses!(expansion("A", "fn f(_: Held) {}"), "name the token" at "_");
        refuses!(expansion("A", "fn f((a): Held) {}"), "name the token" at "(a)");
    }

    #[test]
    fn only_plain_functions_acquire() {
        refuses!(expansion("A", "async fn f(held: Held) {}"), "across an `await`" at "async");
        refuses!(expansion("A", "const fn f(held: Held) {}"), "leave `const` out" at "const");
        refuses!(expansion("A", "struct S;"), "on a function or a method" at "struct");
        refuses!(expansion("A", "const N: u8 = 3;"), "on a function or a method" at "const");
        refuses!(expansion("A", "fn f"), "expected `(`" at "");
        refuses!(expansion("A", "fn f(held: Held)"), "expected `;`" at "");
        refuses!(expansion("A", "fn f(held) {}"), "expected `:`" at ")");
    }

    #[test]
    fn a_signature_says_what_may_be_held() {
        becomes(
            "A; dyn, atomic, crate = lo",
            "pub(crate) fn f(&self, mut held: &'h mut lo::Held, n: [u8; 3]) -> A<B> where B: C;",
            "pub(crate) fn f(&self, held: &'h mut lo::Held<'_, lo::AnythingOutside<A>, lo::Atomic>, n: [u8; 3]) -> A<B> where B: C;",
        );
        becomes(
            "; nothing_held",
            "unsafe extern \"C\" fn f<T>(held: Held) { g() }",
            "unsafe extern \"C\" fn f<T>(held: Held<'_, impl ::lockorder::NothingHeld, impl ::lockorder::MaySleep>) {
                let mut held = held;
                let _ = &mut held;
                let mut __outer = held.to_nothing();
                let mut held = __outer.to_task();
                let _ = &mut held;
                g()
            }",
        );
        becomes(
            "A, B; irq, crate = lo",
            "fn f<'a, T: 'a = u8>(held: &mut Held, x: &'a T) where T: C, { held }",
            "fn f<'a, T: 'a, __Outer: lo::Level>(held: &mut Held<'_, __Outer, impl lo::Context>, x: &'a T)
            where T: C, __Outer: lo::Before<A>, __Outer: lo::Before<B>
            {
                {
                    const fn __acquired_after<Outer: lo::Level, Inner: lo::Level>() where Inner: lo::After<Outer> {}
                    let _ = || __acquired_after::<A, B>();
                }
                let _ = &held;
                let mut __outer = held.below::<A>();
                let held = &mut __outer.to_irq_off();
                let _ = &held;
                held
            }",
        );
        becomes(
            "K; atomic, crate = lo",
            "fn f<K: Class>(held: Held);",
            "fn f<K: Class, __Outer: lo::Level>(held: Held<'_, __Outer, impl lo::MaySpin>)
            where __Outer: lo::Before<K>, K: lo::After<lo::AnythingOutside<K>>;",
        );
    }
}
