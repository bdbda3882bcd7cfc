//! Names in scope: which are tokens, and which are guards.
//!
//! By convention a token is named `held` throughout this repository; another name is known for a token where its type or
//! its origin says so.

use std::collections::HashMap;

/// The place whose guard a token came from; `None` for the token that a function was given.
pub(super) type Origin = Option<usize>;

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A token.
    Token(Origin),
    /// A guard, or what hands out a token otherwise.
    Guard(Origin),
    /// Something else.
    Other,
}

/// The scopes around a place, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    scopes: Vec<HashMap<String, Meaning>>,
}

impl Scopes {
    /// Begins a scope.
    pub(super) fn enter(&mut self) {
        self.scopes.push(HashMap::new());
    }

    /// Ends the innermost scope.
    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Gives a name its meaning in the innermost scope.
    pub(super) fn bind(&mut self, name: String, meaning: Meaning) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, meaning);
        }
    }

    /// Gives names of a pattern their meanings: what is named `held` is the token that comes with a guard.
    pub(super) fn bind_all(&mut self, names: Vec<String>, meaning: Meaning) {
        for name in names {
            let own = match meaning {
                Meaning::Guard(origin) if name == "held" => Meaning::Token(origin),
                Meaning::Other if name == "held" => Meaning::Token(None),
                other => other,
            };
            self.bind(name, own);
        }
    }

    /// Whether a name is one of these scopes', and not an item's.
    pub(super) fn has(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains_key(name))
    }

    /// What a name means here.
    pub(super) fn meaning(&self, name: &str) -> Meaning {
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name).copied());
        found.unwrap_or(if name == "held" { Meaning::Token(None) } else { Meaning::Other })
    }
}
