//! The type parameters of a structure or a function.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use crate::cursor::Cursor;
use crate::error::Result;
use crate::syntax::joined;

/// What a parameter stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lifetime,
    Type,
    Const,
}

/// One parameter.
struct Parameter {
    kind: Kind,
    /// Its name, a lifetime with its mark.
    name: Vec<TokenTree>,
    /// The parameter as declared, without its default.
    declaration: Vec<TokenTree>,
}

/// A list of parameters, `<…>`, or none.
pub(crate) struct Generics {
    parameters: Vec<Parameter>,
    /// The whole list, brackets included.
    pub(crate) written: Vec<TokenTree>,
}

impl Generics {
    pub(crate) fn parse(cursor: &mut Cursor) -> Result<Self> {
        let mut generics = Self { parameters: Vec::new(), written: Vec::new() };
        if !cursor.at_mark("<") {
            return Ok(generics);
        }
        generics.written.extend(cursor.take());
        while !cursor.at_mark(">") {
            generics.parameters.push(Parameter::parse(cursor, &mut generics.written)?);
            if !cursor.at_mark(",") {
                break;
            }
            generics.written.extend(cursor.take());
        }
        if !cursor.at_mark(">") {
            return Err(cursor.error("expected `>`"));
        }
        generics.written.extend(cursor.take());
        Ok(generics)
    }

    /// The names of the parameters that stand for types.
    pub(crate) fn type_names(&self) -> Vec<Ident> {
        let types = self.parameters.iter().filter(|parameter| parameter.kind == Kind::Type);
        types
            .filter_map(|parameter| match &parameter.name[..] {
                [TokenTree::Ident(name)] => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// The parameters as an implementation or a function declares them, without brackets and without defaults; a comma
    /// after each.
    pub(crate) fn declarations(&self) -> TokenStream {
        self.parameters.iter().map(|parameter| listed(&parameter.declaration)).collect()
    }

    /// The names of the parameters, to be the arguments of the type; a comma after each.
    pub(crate) fn arguments(&self) -> TokenStream {
        self.parameters.iter().map(|parameter| listed(&parameter.name)).collect()
    }
}

/// Tokens and a comma.
fn listed(tokens: &[TokenTree]) -> TokenStream {
    let tokens = joined(tokens);
    quote!(#tokens,)
}

impl Parameter {
    /// Parses a parameter; what it is made of is put to `written`.
    fn parse(cursor: &mut Cursor, written: &mut Vec<TokenTree>) -> Result<Self> {
        let mut declaration = Vec::new();
        // Attributes pass.
        while cursor.at_mark("#") {
            declaration.extend([cursor.take(), cursor.take()].into_iter().flatten());
        }
        let mut name = Vec::new();
        let kind = if cursor.at_mark("'") {
            name.extend([cursor.take(), cursor.take()].into_iter().flatten());
            Kind::Lifetime
        } else {
            let constant = cursor.take_word("const");
            let kind = if constant.is_some() { Kind::Const } else { Kind::Type };
            declaration.extend(constant.map(TokenTree::from));
            name.push(cursor.name()?.into());
            kind
        };
        declaration.extend(name.iter().cloned());
        declaration.extend(
            cursor.take_until(false, |next| next.at_mark(",") || next.at_mark("=") || next.at_mark(">")),
        );
        written.extend(declaration.iter().cloned());
        if cursor.at_mark("=") {
            written.extend(cursor.take_until(false, |next| next.at_mark(",") || next.at_mark(">")));
        }
        Ok(Self { kind, name, declaration })
    }
}

#[cfg(test)]
mod tests {
    use super::Generics;
    use crate::cursor::Cursor;

    #[test]
    fn declarations_lose_their_defaults_and_arguments_their_bounds() {
        let source = "<'a: 'static, T: A<B = C, D> + 'a, const N: usize = 3, F: Fn() -> T = fn() -> T> rest";
        let mut cursor = Cursor::new(source.parse().expect("balanced"));
        let generics = Generics::parse(&mut cursor).expect("a list of parameters");
        let spelled = |tokens: proc_macro2::TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(spelled(generics.declarations()), "'a:'static,T:A<B=C,D>+'a,constN:usize,F:Fn()->T,");
        assert_eq!(spelled(generics.arguments()), "'a,T,N,F,");
        assert_eq!(generics.type_names(), ["T", "F"]);
        assert!(cursor.at_word("rest"));
    }
}
