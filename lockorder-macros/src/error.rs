//! Errors of the macros: a message and the tokens at which it stands.
//!
//! One invocation may have several; the compiler shows all of them at once.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// The result of parsing or expanding.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// One message, from the first to the last token that it is about.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) first: Span,
    pub(crate) last: Span,
}

/// One or more messages.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) messages: Vec<Message>,
}

impl Error {
    /// A message at one token.
    pub(crate) fn new(place: Span, text: impl Into<String>) -> Self {
        Self { messages: vec![Message { text: text.into(), first: place, last: place }] }
    }

    /// A message at several tokens; at the macro's name where there is none.
    pub(crate) fn over(tokens: &[TokenTree], text: impl Into<String>) -> Self {
        let place = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
        let (first, last) = (place(tokens.first()), place(tokens.last()));
        Self { messages: vec![Message { text: text.into(), first, last }] }
    }

    /// Adds the messages of another error.
    pub(crate) fn combine(&mut self, other: Self) {
        self.messages.extend(other.messages);
    }

    /// The invocations of `compile_error!` that show the messages.
    pub(crate) fn into_compile_error(self) -> TokenStream {
        self.messages.iter().flat_map(Message::compile_error).collect()
    }
}

impl Message {
    /// `::core::compile_error! { "text" }`, whose first token is at the first place, and whose last is at the last.
    fn compile_error(&self) -> Vec<TokenTree> {
        let mark = |mark, spacing| {
            let mut mark = Punct::new(mark, spacing);
            mark.set_span(self.first);
            TokenTree::from(mark)
        };
        let word = |word| TokenTree::from(Ident::new(word, self.first));
        let mut text = Literal::string(&self.text);
        text.set_span(self.last);
        let mut group = Group::new(Delimiter::Brace, TokenTree::from(text).into());
        group.set_span(self.last);
        vec![
            mark(':', Spacing::Joint),
            mark(':', Spacing::Alone),
            word("core"),
            mark(':', Spacing::Joint),
            mark(':', Spacing::Alone),
            word("compile_error"),
            mark('!', Spacing::Alone),
            group.into(),
        ]
    }
}
