//! What the compiler says, and which of it is the library's own refusal.
//!
//! The library's messages are read from its source, where they stand in `#[diagnostic::on_unimplemented(message = "…")]`: so a
//! message that is reworded there is still known here. A refusal is E0277 with one of them.

use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value;
use syn::visit::{self, Visit};

use crate::syntax::words;

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code.
    pub code: String,
    /// What it says.
    pub message: String,
    /// The places that it is about.
    pub places: Vec<Pointer>,
}

/// A piece of a file that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The file, as the compiler names it: from the workspace's root.
    pub file: PathBuf,
    /// The bytes.
    pub range: Range<usize>,
}

/// The places of a span: where it is, and where the macros are called that it comes from.
fn pointers(span: &Value, found: &mut Vec<Pointer>) {
    let number = |name: &str| span[name].as_u64().and_then(|number| usize::try_from(number).ok());
    if let (Some(file), Some(start), Some(end)) =
        (span["file_name"].as_str(), number("byte_start"), number("byte_end"))
    {
        found.push(Pointer { file: PathBuf::from(file), range: start..end });
    }
    if span["expansion"].is_object() {
        pointers(&span["expansion"]["span"], found);
    }
}

impl Diagnostic {
    /// Reads one line of what `cargo check --message-format=json` writes; `None` where it is no error.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let message = value.get("message").filter(|message| message["level"] == "error")?;
        let mut places = Vec::new();
        for span in message["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true) {
            pointers(span, &mut places);
        }
        Some(Self {
            code: message["code"]["code"].as_str().unwrap_or_default().to_owned(),
            message: message["message"].as_str()?.to_owned(),
            places,
        })
    }
}

/// The rule that a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What may be held.
    Order,
    /// The context, or anything else.
    Context,
}

/// The library's messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The rule of each, and the message as it is written, with `{…}` where names stand.
    written: Vec<(Rule, String)>,
}

/// The traits whose bounds say what may be held.
const ORDER: [&str; 4] = ["After", "Before", "AtOrAfter", "NothingHeld"];

/// The message of an attribute, if it is one that gives a trait a message.
fn message(attribute: &syn::Attribute) -> Option<String> {
    use syn::punctuated::Punctuated;
    let list = attribute.meta.require_list().ok()?;
    if !words(&list.path).iter().any(|word| word == "on_unimplemented") {
        return None;
    }
    let values = Punctuated::<syn::MetaNameValue, syn::Token![,]>::parse_terminated;
    let message =
        list.parse_args_with(values).ok()?.into_iter().find(|value| value.path.is_ident("message"))?;
    match message.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

impl<'s> Visit<'s> for Messages {
    fn visit_item_trait(&mut self, item: &'s syn::ItemTrait) {
        let rule = if ORDER.iter().any(|name| item.ident == name) { Rule::Order } else { Rule::Context };
        self.written.extend(item.attrs.iter().filter_map(message).map(|text| (rule, text)));
        visit::visit_item_trait(self, item);
    }
}

impl Messages {
    /// Adds those of one file.
    pub fn read(&mut self, file: &syn::File) {
        self.visit_file(file);
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Which of the messages an error is, and its rule: as it is written in the source, with `…` for the names. `None` where
    /// it is none of the library's.
    #[must_use]
    pub fn refusal(&self, diagnostic: &Diagnostic) -> Option<(Rule, String)> {
        if diagnostic.code != "E0277" {
            return None;
        }
        let (rule, written) = self.written.iter().find(|(_, written)| fits(written, &diagnostic.message))?;
        Some((*rule, pieces(written).join("…")))
    }
}

/// The text between the names of a message.
fn pieces(written: &str) -> Vec<String> {
    written
        .split('{')
        .enumerate()
        .map(|(index, piece)| match piece.split_once('}') {
            Some((_, rest)) if index > 0 => rest.to_owned(),
            _ => piece.to_owned(),
        })
        .collect()
}

/// Whether a text is a message with names in it.
fn fits(written: &str, text: &str) -> bool {
    let pieces = pieces(written);
    let Some((first, others)) = pieces.split_first() else { return false };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in others {
        let Some(place) = rest.find(piece.as_str()) else { return false };
        rest = &rest[place + piece.len()..];
    }
    rest.is_empty() || pieces.last().is_some_and(String::is_empty)
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Messages, Rule};

    fn messages() -> Messages {
        let mut messages = Messages::default();
        let text = r#"#[diagnostic::on_unimplemented(
                message = "lock order violation: cannot acquire `{Self}` while holding `{H}`", label = "x", note = "y")]
            pub trait After<H> {}
            mod inner { #[diagnostic::on_unimplemented(message = "cannot sleep in `{Self}` context")] trait MaySleep {} }"#;
        messages.read(&syn::parse_file(text).unwrap());
        messages
    }

    fn error(code: &str, message: &str) -> Diagnostic {
        Diagnostic { code: code.to_owned(), message: message.to_owned(), places: Vec::new() }
    }

    #[test]
    fn the_librarys_messages_are_known_with_any_names() {
        let refusal = |code, text| messages().refusal(&error(code, text));
        let order = "lock order violation: cannot acquire `…` while holding `…`";
        let said = "lock order violation: cannot acquire `Directory` while holding `Inode`";
        assert_eq!(refusal("E0277", said), Some((Rule::Order, order.to_owned())));
        assert_eq!(
            refusal("E0277", "cannot sleep in `IrqOff` context"),
            Some((Rule::Context, "cannot sleep in `…` context".to_owned()))
        );
        assert_eq!(refusal("E0308", said), None);
        assert_eq!(refusal("E0277", "the trait bound `A: B` is not satisfied"), None);
    }

    #[test]
    fn errors_are_read_with_their_places() {
        let line = r#"{"reason":"compiler-message","message":{"level":"error","code":{"code":"E0277"},"message":"no",
            "spans":[{"file_name":"kernel/base/src/a.rs","byte_start":3,"byte_end":9,"is_primary":true,"expansion":null},
            {"file_name":"b.rs","byte_start":1,"byte_end":2,"is_primary":false,"expansion":null}]}}"#;
        let read = Diagnostic::read(&line.replace('\n', " ")).unwrap();
        assert_eq!((read.code.as_str(), read.places.len()), ("E0277", 1));
        assert_eq!(
            (read.places[0].file.to_str(), read.places[0].range.clone()),
            (Some("kernel/base/src/a.rs"), 3..9)
        );
        assert_eq!(Diagnostic::read(r#"{"reason":"compiler-artifact"}"#), None);
        assert_eq!(Diagnostic::read("no JSON"), None);
    }
}
