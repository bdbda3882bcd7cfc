//! A cursor over tokens: what the grammars of the macros are parsed with.
//!
//! The grammars are small, and most of what a macro is given passes through unread: the types, patterns and bodies of the
//! user. So the macros read tokens by themselves, and what depends on this library need not compile a parser of Rust.
//!
//! Tokens that come out of a variable of `macro_rules!` may stand in an invisible group. The cursor opens such a group
//! where it reads a word, a mark or a number; what passes through keeps it, since it holds an expression together.

use proc_macro2::{Delimiter, Group, Ident, Literal, Spacing, Span, TokenStream, TokenTree};

use crate::error::{Error, Result};

/// A place in a sequence of tokens.
#[derive(Clone)]
pub(crate) struct Cursor {
    tokens: Vec<TokenTree>,
    position: usize,
    /// Where an error stands that misses a token at the end.
    end: Span,
}

/// The words that cannot name anything.
const KEYWORDS: [&str; 36] = [
    "_", "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "static", "struct", "trait", "true", "type", "unsafe", "use", "where", "while", "yield",
];

/// A name without the `r#` that makes a name of a keyword.
pub(crate) fn plain_name(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

impl Cursor {
    /// A cursor at the beginning of a macro's input.
    pub(crate) fn new(input: TokenStream) -> Self {
        Self { tokens: input.into_iter().collect(), position: 0, end: Span::call_site() }
    }

    /// A cursor at the beginning of what is between brackets.
    pub(crate) fn inside(group: &Group) -> Self {
        Self { tokens: group.stream().into_iter().collect(), position: 0, end: group.span_close() }
    }

    /// Opens invisible groups, until the next token is a visible one.
    fn open(&mut self) {
        while let Some(TokenTree::Group(group)) = self.tokens.get(self.position)
            && group.delimiter() == Delimiter::None
        {
            let inner: Vec<_> = group.stream().into_iter().collect();
            self.tokens.splice(self.position..=self.position, inner);
        }
    }

    /// The next token.
    pub(crate) fn peek(&mut self) -> Option<&TokenTree> {
        self.open();
        self.tokens.get(self.position)
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Where the next token stands, or the end.
    pub(crate) fn place(&mut self) -> Span {
        let end = self.end;
        self.peek().map_or(end, TokenTree::span)
    }

    /// An error at the next token.
    pub(crate) fn error(&mut self, text: impl Into<String>) -> Error {
        Error::new(self.place(), text)
    }

    /// Takes the next token as it is, an invisible group as a whole.
    pub(crate) fn take(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.position).cloned();
        self.position += usize::from(token.is_some());
        token
    }

    /// Whether the next token is this word.
    pub(crate) fn at_word(&mut self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(next)) if next == word)
    }

    /// Takes this word, if it is next.
    pub(crate) fn take_word(&mut self, word: &str) -> Option<Ident> {
        if self.at_word(word) { self.take_any_word() } else { None }
    }

    /// Takes a word, a keyword too, if one is next.
    pub(crate) fn take_any_word(&mut self) -> Option<Ident> {
        let Some(TokenTree::Ident(word)) = self.peek() else { return None };
        let word = word.clone();
        self.position += 1;
        Some(word)
    }

    /// Takes a name.
    pub(crate) fn name(&mut self) -> Result<Ident> {
        let mut ahead = self.clone();
        match ahead.take_any_word() {
            Some(name) if !KEYWORDS.contains(&name.to_string().as_str()) => {
                *self = ahead;
                Ok(name)
            }
            Some(word) if word == "_" => Err(Error::new(word.span(), "expected a name, found `_`")),
            Some(word) => Err(Error::new(
                word.span(),
                format!("expected a name, found the keyword `{word}`: as a name it is written `r#{word}`"),
            )),
            None => Err(self.error("expected a name")),
        }
    }

    /// Whether this mark is next: one punctuation character, or several without space between.
    ///
    /// `=` is not the beginning of `=>` or `==`, and `:` is not the beginning of `::`.
    pub(crate) fn at_mark(&mut self, mark: &str) -> bool {
        self.open();
        let mut position = self.position;
        let mut joint = true;
        for wanted in mark.chars() {
            match self.tokens.get(position) {
                Some(TokenTree::Punct(next)) if joint && next.as_char() == wanted => {
                    joint = next.spacing() == Spacing::Joint;
                    position += 1;
                }
                _ => return false,
            }
        }
        let longer = match mark {
            "=" => &['=', '>'][..],
            ":" => &[':'],
            _ => &[],
        };
        !(joint
            && matches!(self.tokens.get(position), Some(TokenTree::Punct(next)) if longer.contains(&next.as_char())))
    }

    /// Takes this mark, if it is next, and gives the place of its first character.
    pub(crate) fn take_mark(&mut self, mark: &str) -> Option<Span> {
        let place = self.place();
        self.at_mark(mark).then(|| {
            self.position += mark.len();
            place
        })
    }

    /// Takes this mark, which must be next.
    pub(crate) fn expect_mark(&mut self, mark: &str) -> Result<Span> {
        self.take_mark(mark).ok_or_else(|| self.error(format!("expected `{mark}`")))
    }

    /// Takes what is between these brackets, if they are next.
    pub(crate) fn take_group(&mut self, brackets: Delimiter) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == brackets => {
                let group = group.clone();
                self.position += 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// Takes a literal, if one is next.
    pub(crate) fn take_literal(&mut self) -> Option<Literal> {
        let Some(TokenTree::Literal(literal)) = self.peek() else { return None };
        let literal = literal.clone();
        self.position += 1;
        Some(literal)
    }

    /// Takes what passes through unread, until `is_end` says that the next token is not part of it.
    ///
    /// `is_end` is asked outside of angle brackets only. They are no groups to the compiler; `expression` says that a `<`
    /// compares unless it follows a `::` or comes first.
    pub(crate) fn take_until(
        &mut self,
        expression: bool,
        is_end: impl Fn(&mut Self) -> bool,
    ) -> Vec<TokenTree> {
        let mut passed: Vec<TokenTree> = Vec::new();
        let mut depth = 0_usize;
        while self.position < self.tokens.len() {
            let visible = !matches!(&self.tokens[self.position],
                TokenTree::Group(group) if group.delimiter() == Delimiter::None);
            let after =
                |mark: char| matches!(passed.last(), Some(TokenTree::Punct(last)) if last.as_char() == mark);
            let in_arrow = after('-') && self.at_mark(">");
            if visible && depth == 0 && !in_arrow && is_end(self) {
                break;
            }
            let Some(token) = self.take() else { break };
            if let TokenTree::Punct(mark) = &token {
                match mark.as_char() {
                    '<' if !expression || passed.is_empty() || after(':') || depth > 0 => depth += 1,
                    // The arrow of a function's type ends no list.
                    '>' if !in_arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            passed.push(token);
        }
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    fn cursor(source: &str) -> Cursor {
        Cursor::new(source.parse().expect("the test's source has balanced brackets"))
    }

    /// What `take_until` takes up to a comma, without spaces.
    fn until_comma(source: &str, expression: bool) -> String {
        let passed = cursor(source).take_until(expression, |cursor| cursor.at_mark(","));
        passed.iter().map(ToString::to_string).collect::<Vec<_>>().concat().replace(' ', "")
    }

    #[test]
    fn marks_are_not_the_beginnings_of_longer_ones() {
        assert!(cursor("= >").at_mark("=") && !cursor("=>").at_mark("=") && !cursor("==").at_mark("="));
        assert!(cursor("=>").at_mark("=>") && !cursor("= >").at_mark("=>"));
        assert!(cursor(": &A").at_mark(":") && cursor(":&A").at_mark(":") && !cursor("::A").at_mark(":"));
        assert!(cursor("...").at_mark("...") && !cursor("..").at_mark("..."));
    }

    #[test]
    fn commas_in_brackets_are_passed() {
        assert_eq!(until_comma("A<B, C>, D", false), "A<B,C>");
        assert_eq!(until_comma("fn(A) -> B<C, D>, E", false), "fn(A)->B<C,D>");
        assert_eq!(until_comma("A<fn() -> B, C>, D", false), "A<fn()->B,C>");
        assert_eq!(until_comma("A<B<C, D>>, E", false), "A<B<C,D>>");
        assert_eq!(until_comma("f::<A, B>(c, d), e", true), "f::<A,B>(c,d)");
        assert_eq!(until_comma("<A as B<C, D>>::E, f", true), "<AasB<C,D>>::E");
        assert_eq!(until_comma("a < b, c > d", true), "a<b");
    }

    #[test]
    fn keywords_are_no_names() {
        assert!(cursor("type").name().is_err() && cursor("_").name().is_err() && cursor("3").name().is_err());
        assert_eq!(cursor("r#type").name().unwrap().to_string(), "r#type");
        assert_eq!(cursor("level").name().unwrap().to_string(), "level");
    }
}
