//! The macros of `lockorder`.
