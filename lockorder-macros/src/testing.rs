//! What the tests of refusals share: every wrong use is an error at the offending token, with what to write instead.

use proc_macro2::TokenStream;

use crate::error::Result;

/// What an expansion said: each error's message, and the text of the tokens it stands at.
pub(crate) fn errors(result: Result<TokenStream>) -> Vec<(String, String)> {
    let error = result.expect_err("this input must be refused");
    error
        .messages
        .into_iter()
        .map(|message| {
            let place = message.first.join(message.last).unwrap_or(message.first);
            (message.text, place.source_text().unwrap_or_default())
        })
        .collect()
}

/// Tokens with places, as the compiler gives them.
pub(crate) fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the test's source has balanced brackets")
}

/// Asserts that `$expansion` is refused with these messages (parts of them) at these tokens.
macro_rules! refuses {
    ($expansion:expr, $($message:literal at $token:literal),+ $(,)?) => {{
        let errors = crate::testing::errors($expansion);
        let expected = [$(($message, $token)),+];
        assert_eq!(errors.len(), expected.len(), "{errors:#?}");
        for ((message, token), (wanted, place)) in errors.iter().zip(expected) {
            assert!(message.contains(wanted), "`{message}` does not say `{wanted}`");
            assert_eq!(token, place, "`{message}` stands at the wrong token");
        }
    }};
}
pub(crate) use refuses;
