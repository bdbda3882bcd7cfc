//! Questions to syntax trees that several readers ask.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;

/// All words in something, also those between parentheses.
#[must_use]
pub(crate) fn words(tokens: &impl quote::ToTokens) -> Vec<String> {
    fn collect(tokens: TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(word) => found.push(word.to_string()),
                TokenTree::Group(group) => collect(group.stream(), found),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(tokens.to_token_stream(), &mut found);
    found
}

/// Where something stands in its file, in bytes.
#[must_use]
pub(crate) fn range(of: &impl Spanned) -> Range<usize> {
    of.span().byte_range()
}

/// Whether attributes say that what they stand at is for tests, or for a feature that the kernel is not built with.
#[must_use]
pub(crate) fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let words = || attribute.meta.require_list().map(|list| words(&list.tokens)).unwrap_or_default();
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && matches!(words().first().map(String::as_str), Some("test" | "feature"))
    })
}

/// The last name of a path that an expression is.
#[must_use]
pub(crate) fn last_name(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        syn::Expr::Paren(inner) => last_name(&inner.expr),
        _ => None,
    }
}

/// The name of a variable that an expression is.
#[must_use]
pub(crate) fn variable(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        syn::Expr::Paren(inner) => variable(&inner.expr),
        syn::Expr::Reference(inner) => variable(&inner.expr),
        _ => None,
    }
}

/// The names that a pattern binds, from the left.
#[must_use]
pub(crate) fn bound(pattern: &syn::Pat) -> Vec<String> {
    use syn::visit::{self, Visit};
    struct Names(Vec<String>);
    impl<'s> Visit<'s> for Names {
        fn visit_pat_ident(&mut self, pattern: &'s syn::PatIdent) {
            self.0.push(pattern.ident.to_string());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
}
