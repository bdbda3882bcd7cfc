//! JSON as it is written (RFC 8259): as much of it as `doctor` says. Nothing is read, so no library is worth its build time
//! before the first boot.

use std::fmt::{self, Display, Formatter, Write as _};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// Nothing.
    Null,
    /// True or false.
    Truth(bool),
    /// A number that is not negative.
    Number(u64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Values by name.
    Object(Vec<(&'static str, Self)>),
}

impl Display for Json {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Truth(value) => write!(formatter, "{value}"),
            Self::Number(value) => write!(formatter, "{value}"),
            Self::Text(text) => quoted(text, formatter),
            Self::List(values) => {
                formatter.write_char('[')?;
                for (number, value) in values.iter().enumerate() {
                    let separator = if number == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{value}")?;
                }
                formatter.write_char(']')
            }
            Self::Object(members) => {
                formatter.write_char('{')?;
                for (number, (name, value)) in members.iter().enumerate() {
                    formatter.write_str(if number == 0 { "" } else { ", " })?;
                    quoted(name, formatter)?;
                    write!(formatter, ": {value}")?;
                }
                formatter.write_char('}')
            }
        }
    }
}

/// A text in quotes.
fn quoted(text: &str, formatter: &mut Formatter<'_>) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(formatter, "\\{character}")?,
            control if u32::from(control) < 0x20 => write!(formatter, "\\u{:04x}", u32::from(control))?,
            other => formatter.write_char(other)?,
        }
    }
    formatter.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn another_reader_understands_it() {
        let odd = "a \"quoted\" \\path\\,\n\t\u{1}\u{1f} \u{7f} µ \u{2028} 𝄞";
        let value = Json::Object(vec![
            ("text", Json::Text(odd.to_owned())),
            ("list", Json::List(vec![Json::Null, Json::Truth(true), Json::Number(u64::MAX)])),
            ("empty", Json::Object(Vec::new())),
        ]);
        let read: serde_json::Value = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(read, serde_json::json!({ "text": odd, "list": [null, true, u64::MAX], "empty": {} }));
    }
}
