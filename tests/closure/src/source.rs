//! The library's public functions and types, read from its source.
//!
//! Every file under `lockorder/src` is parsed. What is marked `pub`, and what a public trait declares, is an [`Item`]; so
//! the table cannot forget one. The two macros of the library that write public functions are expanded here; a third one
//! is an error. Functions and types of a module named `sealed` are nobody's but the library's; the methods of its public
//! traits are everybody's, since a bound on the trait that such a one seals makes them callable.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{ImplItem, Item as Syntax, Signature, TraitItem, Type, Visibility};

/// One public function or constant.
#[derive(Clone, Debug)]
pub struct Item {
    /// `Type::function`, `Trait::function`, or `function` alone.
    pub name: String,
    /// In which file, from `lockorder/src`.
    pub file: String,
    /// Whether its caller has to promise something.
    pub is_unsafe: bool,
    /// Its signature with the bounds of the `impl` around it, each token apart from the next by one blank.
    pub signature: String,
    /// What its parameters and its result mention, without what it is called on.
    pub mentions: BTreeSet<String>,
    /// Whether one of its bounds is about a position and a context together.
    pub couples: bool,
}

/// A function of any visibility, and what its body calls.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its name, as an [`Item`]'s.
    pub name: String,
    /// In which file, from `lockorder/src`.
    pub file: String,
    /// Whether it is one of the items.
    pub is_public: bool,
    /// The last names of everything that it calls or hands on.
    pub calls: BTreeSet<String>,
}

/// All of the library.
#[derive(Debug, Default)]
pub struct Source {
    /// Public functions.
    pub items: Vec<Item>,
    /// All functions.
    pub bodies: Vec<Body>,
    /// Public types that borrow: their names.
    pub borrowing: BTreeSet<String>,
    /// For each trait, the types that implement it.
    pub implementations: BTreeMap<String, BTreeSet<String>>,
    /// What could not be read.
    pub unknown: Vec<String>,
    macros: BTreeMap<String, TokenStream>,
    /// Whether the `impl` block that is being read has such a bound.
    block_couples: bool,
}

/// The last name of a type's path.
fn last_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default(),
        Type::Reference(reference) => last_name(&reference.elem),
        _ => String::new(),
    }
}

/// Every name in a piece of syntax.
fn names(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                into.insert(name.to_string());
            }
            TokenTree::Group(group) => names(group.stream(), into),
            _ => {}
        }
    }
}

/// The same, as a set.
fn mentioned(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    names(tokens, &mut found);
    found
}

/// Whether one bound names a position `H` and a context `C` together: then it cannot be asked for each alone.
fn couples(generics: &syn::Generics) -> bool {
    let bounds = generics
        .where_clause
        .iter()
        .flat_map(|clause| clause.predicates.iter())
        .map(ToTokens::to_token_stream);
    let parameters = generics.params.iter().map(ToTokens::to_token_stream);
    bounds.chain(parameters).map(mentioned).any(|names| names.contains("H") && names.contains("C"))
}

/// What a body calls, and which functions it names.
#[derive(Default)]
struct Calls(BTreeSet<String>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        // A name alone is a variable; a path is a function that is handed on.
        if path.path.segments.len() > 1 {
            self.0.extend(path.path.segments.last().map(|last| last.ident.to_string()));
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            self.0.extend(path.path.segments.last().map(|last| last.ident.to_string()));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }
}

/// Replaces the variables of a macro.
fn substitute(tokens: TokenStream, values: &BTreeMap<String, TokenTree>) -> TokenStream {
    let mut result = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '$' => match tokens.peek() {
                Some(TokenTree::Ident(name)) if values.contains_key(&name.to_string()) => {
                    result.push(values[&name.to_string()].clone());
                    tokens.next();
                }
                _ => result.push(TokenTree::Punct(sign)),
            },
            TokenTree::Group(group) => {
                let mut inner =
                    proc_macro2::Group::new(group.delimiter(), substitute(group.stream(), values));
                inner.set_span(group.span());
                result.push(TokenTree::Group(inner));
            }
            other => result.push(other),
        }
    }
    result.into_iter().collect()
}

/// The body of a macro's one rule.
fn rule(definition: TokenStream) -> Option<TokenStream> {
    definition.into_iter().filter_map(group).nth(1)
}

/// What brackets hold.
fn group(token: TokenTree) -> Option<TokenStream> {
    if let TokenTree::Group(group) = token { Some(group.stream()) } else { None }
}

/// The ways to enter: `name: Context;` again and again, written by a repetition.
fn entry_points(rule: TokenStream, call: TokenStream) -> Vec<TokenStream> {
    // Without the `$(#[$doc])*` that it begins with.
    let repeated: TokenStream = rule.into_iter().find_map(group).into_iter().flatten().skip(3).collect();
    let words: Vec<_> = call.into_iter().filter(|token| matches!(token, TokenTree::Ident(_))).collect();
    let pairs = words.chunks(2).filter(|pair| pair.len() == 2);
    pairs
        .map(|pair| {
            let values = [("name".to_owned(), pair[0].clone()), ("context".to_owned(), pair[1].clone())];
            substitute(repeated.clone(), &values.into())
        })
        .collect()
}

impl Source {
    /// Reads all files.
    ///
    /// # Panics
    ///
    /// When a file cannot be read, or is not Rust.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let parsed = parsed(directory);
        let mut source = Self::default();
        for (_, file) in &parsed {
            for item in &file.items {
                if let Syntax::Macro(found) = item
                    && let Some(name) = &found.ident
                {
                    source.macros.insert(name.to_string(), found.mac.tokens.clone());
                }
            }
        }
        for (file, parsed) in &parsed {
            let sealed = file.ends_with("sealed.rs");
            source.items(file, &parsed.items, !sealed);
        }
        source
    }

    /// The item of that name.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }

    /// Takes what a module has.
    fn items(&mut self, file: &str, items: &[Syntax], public: bool) {
        for item in items {
            match item {
                Syntax::Fn(function) => {
                    let public = public && matches!(function.vis, Visibility::Public(_));
                    self.function(
                        file,
                        "",
                        &TokenStream::new(),
                        &function.sig,
                        Some(&function.block),
                        public,
                    );
                }
                Syntax::Mod(module) => {
                    let tested = module.attrs.iter().any(|attribute| {
                        attribute.to_token_stream().to_string().replace(' ', "") == "#[cfg(test)]"
                    });
                    if let (false, Some((_, inner))) = (tested, &module.content) {
                        self.items(file, inner, public && module.ident != "sealed");
                    }
                }
                Syntax::Trait(declared) => {
                    // Wherever it stands: a bound on a public trait makes the methods of the one that seals it callable.
                    let public = matches!(declared.vis, Visibility::Public(_));
                    let owner = declared.ident.to_string();
                    let around = declared.generics.to_token_stream();
                    for item in &declared.items {
                        match item {
                            TraitItem::Fn(function) => self.function(
                                file,
                                &owner,
                                &around,
                                &function.sig,
                                function.default.as_ref(),
                                public,
                            ),
                            TraitItem::Const(constant) if public => {
                                self.constant(file, &owner, &constant.ident, &constant.ty);
                            }
                            _ => {}
                        }
                    }
                }
                Syntax::Impl(block) => self.implementation(file, block, public),
                Syntax::Struct(declared) => {
                    let borrows = declared.generics.lifetimes().next().is_some();
                    if public
                        && borrows
                        && !file.starts_with("checker")
                        && matches!(declared.vis, Visibility::Public(_))
                    {
                        self.borrowing.insert(declared.ident.to_string());
                    }
                }
                Syntax::Macro(call) if call.ident.is_none() => self.expand(file, call, public),
                _ => {}
            }
        }
    }

    /// Expands one of the macros that are known.
    fn expand(&mut self, file: &str, call: &syn::ItemMacro, public: bool) {
        let name = call.mac.path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default();
        let Some(rule) = self.macros.get(&name).cloned().and_then(rule) else {
            return;
        };
        let expanded = match name.as_str() {
            "entry_points" => entry_points(rule, call.mac.tokens.clone()),
            "shared_access" => {
                let guard = call.mac.tokens.clone().into_iter().next();
                let values = guard.map(|guard| ("guard".to_owned(), guard)).into_iter().collect();
                vec![substitute(rule, &values)]
            }
            // What writes nothing public is nobody's business.
            _ if !mentioned(rule).contains("pub") => return,
            _ => Vec::new(),
        };
        if expanded.is_empty() {
            self.unknown.push(format!("{file}: the macro `{name}` writes what nothing here reads"));
        }
        for tokens in expanded {
            match syn::parse2::<syn::File>(tokens) {
                Ok(parsed) => self.items(file, &parsed.items, public),
                Err(error) => self.unknown.push(format!("{file}: `{name}` does not expand: {error}")),
            }
        }
    }

    /// Takes an `impl` block.
    fn implementation(&mut self, file: &str, block: &syn::ItemImpl, public: bool) {
        let owner = last_name(&block.self_ty);
        let around = block.generics.to_token_stream();
        let mut around: TokenStream = around.into_iter().collect();
        around.extend(block.generics.where_clause.to_token_stream());
        if let Some((_, implemented, _)) = &block.trait_ {
            let name = implemented.segments.last().map(|part| part.ident.to_string()).unwrap_or_default();
            self.implementations.entry(name).or_default().insert(owner.clone());
        }
        self.block_couples = couples(&block.generics);
        for item in &block.items {
            match item {
                ImplItem::Fn(function) => {
                    let public =
                        public && block.trait_.is_none() && matches!(function.vis, Visibility::Public(_));
                    self.function(file, &owner, &around, &function.sig, Some(&function.block), public);
                }
                ImplItem::Const(constant) if public && matches!(constant.vis, Visibility::Public(_)) => {
                    self.constant(file, &owner, &constant.ident, &constant.ty);
                }
                _ => {}
            }
        }
        self.block_couples = false;
    }

    /// Takes a function.
    fn function(
        &mut self,
        file: &str,
        owner: &str,
        around: &TokenStream,
        signature: &Signature,
        body: Option<&syn::Block>,
        public: bool,
    ) {
        let name = if owner.is_empty() { String::new() } else { format!("{owner}::") };
        let name = format!("{name}{}", signature.ident);
        let mut calls = Calls::default();
        if let Some(body) = body {
            calls.visit_block(body);
        }
        let calls = calls.0;
        self.bodies.push(Body { name: name.clone(), file: file.to_owned(), is_public: public, calls });
        if !public {
            return;
        }
        let mut mentions = BTreeSet::new();
        for input in &signature.inputs {
            if let syn::FnArg::Typed(typed) = input {
                names(typed.ty.to_token_stream(), &mut mentions);
            }
        }
        names(signature.output.to_token_stream(), &mut mentions);
        let text = format!("{around} {}", signature.to_token_stream());
        self.items.push(Item {
            name,
            file: file.to_owned(),
            is_unsafe: signature.unsafety.is_some(),
            signature: text.split_whitespace().collect::<Vec<_>>().join(" "),
            mentions,
            couples: couples(&signature.generics) || self.block_couples,
        });
    }

    /// Takes a constant.
    fn constant(&mut self, file: &str, owner: &str, name: &syn::Ident, of: &Type) {
        let mentions = mentioned(of.to_token_stream());
        self.items.push(Item {
            name: format!("{owner}::{name}"),
            file: file.to_owned(),
            is_unsafe: false,
            signature: of.to_token_stream().to_string(),
            mentions,
            couples: false,
        });
    }
}

/// All Rust files below a directory, by their paths from there.
///
/// # Panics
///
/// When a file cannot be read, or is not Rust.
pub(crate) fn parsed(directory: &Path) -> Vec<(String, syn::File)> {
    let mut files = Vec::new();
    collect(directory, &mut files);
    files.sort();
    files
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("readable");
            let file = path.strip_prefix(directory).expect("below it").display().to_string();
            (file, syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// All Rust files below a directory.
fn collect(directory: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(directory).expect("the library's source") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}
