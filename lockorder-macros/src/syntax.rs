//! The parts of Rust that several macros read: attributes, visibilities, paths, texts.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::cursor::Cursor;
use crate::error::{Error, Result};

/// An attribute, `#[…]`.
pub(crate) struct Attribute {
    pub(crate) path: Path,
    /// What follows the path.
    pub(crate) input: Cursor,
    tokens: TokenStream,
}

/// A visibility; nothing for what is private.
pub(crate) struct Visibility(TokenStream);

/// A path without parameters, except in a leading `<T as Trait>`.
#[derive(Clone)]
pub(crate) struct Path(Vec<TokenTree>);

impl Attribute {
    /// The attributes in front of an item or a field.
    pub(crate) fn parse_all(cursor: &mut Cursor) -> Result<Vec<Self>> {
        let mut attributes = Vec::new();
        while cursor.at_mark("#") {
            let mark = cursor.take();
            let Some(group) = cursor.take_group(Delimiter::Bracket) else {
                return Err(cursor.error("expected `[`: an attribute is written `#[…]`"));
            };
            let mut input = Cursor::inside(&group);
            // `unsafe(…)` is the one attribute whose path is a keyword.
            let path = match input.take_word("unsafe") {
                Some(word) => Path(vec![word.into()]),
                None => Path::parse(&mut input)?,
            };
            let tokens = mark.into_iter().chain([group.into()]).collect();
            attributes.push(Self { path, input, tokens });
        }
        Ok(attributes)
    }

    /// Whether it is the attribute of this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.path.as_name().is_some_and(|word| word == name)
    }

    /// The text of a documentation comment: nothing for `#[doc(…)]`, an error for a text that is not written out.
    pub(crate) fn documentation(&self) -> Result<Option<String>> {
        let mut input = self.input.clone();
        if !self.is("doc") || input.take_mark("=").is_none() {
            return Ok(None);
        }
        let place = input.place();
        let text = input.take_literal().and_then(|literal| text(&literal)).filter(|_| input.is_empty());
        text.map(Some).ok_or_else(|| {
            Error::new(
                place,
                "documentation goes into the table, which needs its text: write it out, `/// …`",
            )
        })
    }
}

impl ToTokens for Attribute {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

impl Visibility {
    pub(crate) fn parse(cursor: &mut Cursor) -> Self {
        let Some(word) = cursor.take_word("pub") else { return Self(TokenStream::new()) };
        let mut ahead = cursor.clone();
        let scope = ahead.take_group(Delimiter::Parenthesis).filter(|group| {
            let mut inside = Cursor::inside(group);
            ["crate", "self", "super", "in"].iter().any(|word| inside.at_word(word))
        });
        if scope.is_some() {
            *cursor = ahead;
        }
        Self(quote!(#word #scope))
    }

    pub(crate) fn is_private(&self) -> bool {
        self.0.is_empty()
    }
}

impl ToTokens for Visibility {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.clone());
    }
}

impl Path {
    pub(crate) fn parse(cursor: &mut Cursor) -> Result<Self> {
        let mut path = Vec::new();
        if cursor.at_mark("<") {
            path = qualification(cursor);
            if !cursor.at_mark("::") {
                return Err(cursor.error("expected `::`"));
            }
        }
        if cursor.at_mark("::") {
            path.extend([cursor.take(), cursor.take()].into_iter().flatten());
        }
        loop {
            path.push(cursor.name()?.into());
            if !cursor.at_mark("::") {
                return Ok(Self(path));
            }
            path.extend([cursor.take(), cursor.take()].into_iter().flatten());
        }
    }

    /// The name, if the path is one name.
    pub(crate) fn as_name(&self) -> Option<&Ident> {
        match &self.0[..] {
            [TokenTree::Ident(name)] => Some(name),
            _ => None,
        }
    }

    /// Whether one of these names occurs in it: of a type parameter, for example.
    pub(crate) fn mentions(&self, names: &[Ident]) -> bool {
        fn mentioned(tokens: TokenStream, names: &[Ident]) -> bool {
            tokens.into_iter().any(|token| match token {
                TokenTree::Ident(name) => names.contains(&name),
                TokenTree::Group(group) => mentioned(group.stream(), names),
                _ => false,
            })
        }
        mentioned(self.to_token_stream(), names)
    }

    /// Where it begins.
    pub(crate) fn place(&self) -> Span {
        self.0.first().map_or_else(Span::call_site, TokenTree::span)
    }

    pub(crate) fn tokens(&self) -> &[TokenTree] {
        &self.0
    }

    /// The path as one writes it.
    pub(crate) fn spelled(&self) -> String {
        self.to_token_stream().to_string().replace(' ', "")
    }

    /// The path with another place, where the compiler's errors about it stand.
    pub(crate) fn at(&self, place: Span) -> TokenStream {
        self.0
            .iter()
            .cloned()
            .map(|mut token| {
                token.set_span(token.span().located_at(place));
                token
            })
            .collect()
    }
}

impl ToTokens for Path {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().cloned());
    }
}

/// Takes `<T as Trait>`.
fn qualification(cursor: &mut Cursor) -> Vec<TokenTree> {
    // Outside of the angle brackets `::` follows at once.
    cursor.take_until(false, |cursor| cursor.at_mark("::"))
}

/// Reads `crate = path`, whose first word is taken already: under which name the user has the library.
pub(crate) fn library_path(cursor: &mut Cursor, given: &mut Option<Path>, word: &Ident) -> Result<()> {
    if given.is_some() {
        return Err(Error::new(word.span(), "`crate` is given twice"));
    }
    cursor.expect_mark("=")?;
    // A path may begin with `crate` itself, where the library is re-exported.
    *given = Some(Path::parse(cursor)?);
    Ok(())
}

/// The path of the library that an expansion names.
pub(crate) fn library(given: Option<&Path>) -> TokenStream {
    given.map_or_else(|| quote!(::lockorder), ToTokens::to_token_stream)
}

/// Tokens as one stream.
pub(crate) fn joined(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// The text that a string literal means; nothing for other literals.
pub(crate) fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        let fence = raw.len() - raw.trim_start_matches('#').len();
        let inner = raw.get(fence + 1..raw.len().checked_sub(fence + 1)?)?;
        return Some(inner.to_owned());
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(next) = rest.next() {
        if next != '\\' {
            text.push(next);
            continue;
        }
        match rest.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            'x' => {
                let digits: String = rest.by_ref().take(2).collect();
                text.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
            }
            'u' => {
                let digits: String = rest
                    .by_ref()
                    .take_while(|digit| *digit != '}')
                    .filter(|digit| *digit != '{' && *digit != '_')
                    .collect();
                text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            // The line goes on below, without the space in front.
            '\n' => {
                let after = rest.as_str().trim_start();
                rest = after.chars();
            }
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Literal, TokenTree};

    use super::{Path, text};
    use crate::cursor::Cursor;

    fn literal(source: &str) -> Literal {
        let tokens: proc_macro2::TokenStream = source.parse().expect("a literal");
        match tokens.into_iter().next() {
            Some(TokenTree::Literal(literal)) => literal,
            other => panic!("{other:?} is no literal"),
        }
    }

    #[test]
    fn a_literal_means_its_text() {
        for (written, meant) in [
            (r#""plain""#, "plain"),
            (r#"" a \"b\" \\ \n\t \x41 \u{e9} ""#, " a \"b\" \\ \n\t A é "),
            ("r\" raw \\ \"", " raw \\ "),
            ("r##\"a\"#b\"##", "a\"#b"),
            ("\"one \\\n    two\"", "one two"),
            ("\"\"", ""),
        ] {
            assert_eq!(text(&literal(written)).as_deref(), Some(meant), "{written}");
        }
        assert_eq!(text(&literal("3")), None);
        assert_eq!(text(&literal("b\"bytes\"")), None);
    }

    #[test]
    fn paths_end_where_they_end() {
        for source in ["A", "a::B", "::a::B", "Self::A", "crate::a::B", "<T as a::B<C>>::D"] {
            let mut cursor = Cursor::new(source.parse().expect("a path"));
            let path = Path::parse(&mut cursor).expect("a path");
            assert_eq!(path.spelled(), source.replace(' ', ""));
            assert!(cursor.is_empty());
        }
    }
}
