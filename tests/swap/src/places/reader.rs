//! Reads the places of a file out of its syntax.
//!
//! The reader follows tokens: through closures that a verb calls with the inner token, through `split` and `held` of
//! guards, through patterns and shadowing. Code for tests, or for a feature that the kernel is built without, is left out.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::scopes::{Meaning, Origin, Scopes};
use super::{Element, How, Place, family};
use crate::signatures::{Callee, Signatures, arguments, names_a_token};
use crate::syntax::{bound, for_tests, last_name, range, variable, words};

/// Methods of a token that give a weaker one.
const WEAKENS: [&str; 7] = ["reborrow", "below", "at", "to_task", "to_atomic", "to_irq_off", "to_nothing"];
/// Methods of condition variables that wait with a guard.
const WAITS: [&str; 6] = ["wait", "wait_for", "wait_while", "wait_until", "wait_while_for", "wait_until_for"];

/// The places of a file.
pub(super) fn read(file: &syn::File, signatures: &Signatures) -> Vec<Place> {
    let mut reader = Reader {
        signatures,
        places: Vec::new(),
        scopes: Scopes::default(),
        function: String::new(),
        body: 0,
        bodies: 0,
        in_handler: false,
        ceiling: None,
    };
    reader.visit_file(file);
    reader.places
}

/// What has been read so far, and where the reader is.
struct Reader<'f> {
    signatures: &'f Signatures,
    places: Vec<Place>,
    scopes: Scopes,
    function: String,
    body: usize,
    bodies: usize,
    in_handler: bool,
    ceiling: Option<String>,
}

impl Reader<'_> {
    /// The token that an expression is.
    fn token(&self, expression: &syn::Expr) -> Option<Origin> {
        match expression {
            syn::Expr::Path(_) => match self.scopes.meaning(&variable(expression)?) {
                Meaning::Token(origin) => Some(origin),
                Meaning::Guard(_) | Meaning::Other => None,
            },
            syn::Expr::Reference(inner) => self.token(&inner.expr),
            syn::Expr::Paren(inner) => self.token(&inner.expr),
            syn::Expr::MethodCall(call) if WEAKENS.iter().any(|name| call.method == name) => {
                self.token(&call.receiver)
            }
            syn::Expr::MethodCall(call) if call.method == "held" && call.args.is_empty() => {
                Some(self.guard(&call.receiver).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// The guard, or what hands out a token otherwise, that an expression is; also one that is wrapped in an option or a
    /// result.
    fn guard(&self, expression: &syn::Expr) -> Option<Origin> {
        let here = range(expression);
        if let Some(place) = self.places.iter().rposition(|place| place.span == here) {
            return match self.places[place].how {
                How::Condition => None,
                _ => Some(Some(place)),
            };
        }
        match expression {
            syn::Expr::Path(_) => match self.scopes.meaning(&variable(expression)?) {
                Meaning::Guard(origin) => Some(origin),
                Meaning::Token(_) | Meaning::Other => None,
            },
            syn::Expr::Paren(inner) => self.guard(&inner.expr),
            syn::Expr::Try(inner) => self.guard(&inner.expr),
            syn::Expr::Reference(inner) => self.guard(&inner.expr),
            syn::Expr::MethodCall(call)
                if ["unwrap", "expect", "ok"].iter().any(|name| call.method == name) =>
            {
                self.guard(&call.receiver)
            }
            // What turns preemption or interrupts off hands out the same token.
            syn::Expr::MethodCall(call) if call.method == "no_preempt" || call.method == "irqs_off" => {
                self.token(&call.receiver)
            }
            _ => None,
        }
    }

    /// What the names of a pattern mean that is matched with an expression.
    fn meaning(&self, expression: &syn::Expr) -> Meaning {
        if let Some(origin) = self.token(expression) {
            return Meaning::Token(origin);
        }
        match expression {
            syn::Expr::MethodCall(call) if call.method == "split" => {
                Meaning::Guard(self.guard(&call.receiver).unwrap_or_default())
            }
            _ => self.guard(expression).map_or(Meaning::Other, Meaning::Guard),
        }
    }

    /// Notes a place, and gives its number.
    fn note(&mut self, place: Place) -> usize {
        self.places.push(place);
        self.places.len() - 1
    }

    /// The place, if something is held inside of its closures.
    fn opens(&self, place: usize) -> Origin {
        Some(place).filter(|&place| self.places[place].is_acquisition())
    }

    /// A place in the function that is being read.
    fn place(&self, of: &impl Spanned, outer: Origin, token: Range<usize>, how: How) -> Place {
        Place {
            span: range(of),
            line: of.span().start().line,
            function: self.function.clone(),
            body: self.body,
            in_handler: self.in_handler,
            ceiling: self.ceiling.clone(),
            outer,
            bare: token.clone(),
            token,
            lock: None,
            how,
        }
    }

    /// The place that a call with these arguments is, if a token or a guard is one of them.
    fn given(
        &self,
        call: &syn::Expr,
        name: &str,
        is_method: bool,
        given: impl Iterator<Item = syn::Expr>,
    ) -> Option<Place> {
        let given: Vec<syn::Expr> = given.collect();
        let found =
            given.iter().enumerate().find_map(|(index, value)| Some((index, value, self.token(value)?)));
        if let Some((index, value, outer)) = found {
            let callee = Callee { name: name.to_owned(), is_method, arguments: given.len() };
            let how = match self.signatures.needs(&callee, index) {
                Some(needs) => How::Call {
                    name: name.to_owned(),
                    needs,
                    may_be_none: self.signatures.may_have_one_type(&callee, index),
                },
                None if is_method && name.starts_with("lock_") && given.len() == 1 => How::Accessor,
                None => return None,
            };
            let mut place = self.place(call, outer, range(value), how);
            if let syn::Expr::Reference(lent) = value {
                place.bare = range(&lent.expr);
            }
            return Some(place);
        }
        let first = given.first().filter(|_| is_method && WAITS.contains(&name))?;
        let outer = self.guard(first)?;
        Some(self.place(call, outer, range(first), How::Condition))
    }

    /// Reads the arguments of a call: a closure among them gets the tokens of `place`, if it is one.
    fn read_arguments<'s>(&mut self, arguments: impl Iterator<Item = &'s syn::Expr>, place: Option<usize>) {
        for argument in arguments {
            match (argument, place) {
                (syn::Expr::Closure(closure), Some(place)) => self.read_closure(closure, Some(place)),
                _ => self.visit_expr(argument),
            }
        }
    }

    /// Reads a closure, which gets a guard or the token of `place`; without one, what is named `held` is a token of its own.
    fn read_closure(&mut self, closure: &syn::ExprClosure, place: Origin) {
        self.scopes.enter();
        let alone = closure.inputs.len() == 1;
        for input in &closure.inputs {
            let meaning = match input {
                syn::Pat::Type(typed) if names_a_token(&typed.ty) => Meaning::Token(place),
                _ if alone && place.is_some() => Meaning::Guard(place),
                _ => Meaning::Other,
            };
            for name in bound(input) {
                let own = if name == "held" { Meaning::Token(place) } else { meaning };
                self.scopes.bind(name, own);
            }
        }
        self.visit_expr(&closure.body);
        self.scopes.leave();
    }

    /// Reads the body of a function or a constant; errors in there stand alone.
    fn read_body(&mut self, name: &str, in_handler: bool, read: impl FnOnce(&mut Self)) {
        self.bodies += 1;
        let body = std::mem::replace(&mut self.body, self.bodies);
        let function = std::mem::replace(&mut self.function, name.to_owned());
        let handler = std::mem::replace(&mut self.in_handler, in_handler);
        let ceiling = self.ceiling.take();
        let scopes = std::mem::take(&mut self.scopes);
        self.scopes.enter();
        read(self);
        self.scopes = scopes;
        self.ceiling = ceiling;
        (self.body, self.function, self.in_handler) = (body, function, handler);
    }

    /// Reads a function.
    fn read_function(
        &mut self,
        attributes: &[syn::Attribute],
        signature: &syn::Signature,
        block: &syn::Block,
    ) {
        let mut said = words(signature);
        for list in attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok()) {
            said.extend(words(&list.tokens));
        }
        let in_handler = said.iter().any(|word| ["HardIrq", "IrqOff", "irq"].contains(&word.as_str()));
        let ceiling = ceiling(signature);
        self.read_body(&signature.ident.to_string(), in_handler, |reader| {
            reader.ceiling = ceiling;
            for input in &signature.inputs {
                if let syn::FnArg::Typed(typed) = input {
                    let is_token = names_a_token(&typed.ty);
                    let meaning = if is_token { Meaning::Token(None) } else { Meaning::Other };
                    reader.scopes.bind_all(bound(&typed.pat), meaning);
                }
            }
            reader.visit_block(block);
        });
    }

    /// Reads an `acquire!`; anything that is not one is left alone.
    fn read_acquire(&mut self, call: &syn::Macro) {
        let tokens: Vec<TokenTree> = call.tokens.clone().into_iter().collect();
        let Some((TokenTree::Ident(held), rest)) = tokens.split_first() else { return };
        let Some((TokenTree::Group(block), listed)) = rest.split_last() else { return };
        let mut outer = match self.scopes.meaning(&held.to_string()) {
            Meaning::Token(origin) => origin,
            Meaning::Guard(_) | Meaning::Other => return,
        };
        let is_mark =
            |token: &TokenTree, mark| matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark);
        // `=> a = b, c => `, between the two arrows.
        let Some(listed) = listed.get(2..listed.len().saturating_sub(2)) else { return };
        let mut previous = None;
        self.scopes.enter();
        for element in listed.split(|token| is_mark(token, ',')).filter(|element| !element.is_empty()) {
            let (Some(TokenTree::Ident(name)), Some(last)) = (element.first(), element.last()) else {
                continue;
            };
            let is_short = element.len() == 1;
            let first = element.get(2).unwrap_or(&element[0]);
            let lock = range(&first.span()).start..range(&last.span()).end;
            let how = How::Element(Element {
                call: range(call),
                path: range(&call.path),
                previous,
                end: range(&block.span()).end,
                name: name.to_string(),
                is_short,
            });
            let mut place = self.place(&name.span(), outer, range(&held.span()), how);
            place.span = range(&name.span()).start..lock.end;
            place.lock = Some(lock);
            previous = Some(place.span.end);
            outer = Some(self.note(place));
            self.scopes.bind(name.to_string(), Meaning::Other);
            self.scopes.bind(held.to_string(), Meaning::Token(outer));
        }
        if let Ok(statements) = parse_statements(block.stream()) {
            for statement in &statements {
                self.visit_stmt(statement);
            }
        }
        self.scopes.leave();
    }
}

/// The class outside of which everything is that a function's token may have held: `X` of `Before<X>`.
fn ceiling(signature: &syn::Signature) -> Option<String> {
    struct Ceiling(Option<String>);
    impl<'s> Visit<'s> for Ceiling {
        fn visit_trait_bound(&mut self, bound: &'s syn::TraitBound) {
            if let Some(last) = bound.path.segments.last()
                && last.ident == "Before"
                && let syn::PathArguments::AngleBracketed(given) = &last.arguments
                && let Some(syn::GenericArgument::Type(class)) = given.args.first()
            {
                self.0 = Some(class.to_token_stream().to_string());
            }
        }
    }
    let mut found = Ceiling(None);
    found.visit_signature(signature);
    found.0
}

/// Statements without braces around them.
fn parse_statements(tokens: TokenStream) -> syn::Result<Vec<syn::Stmt>> {
    use syn::parse::Parser;
    syn::Block::parse_within.parse2(tokens)
}

/// The attributes of an expression that may have some.
fn attributes(expression: &syn::Expr) -> &[syn::Attribute] {
    match expression {
        syn::Expr::Call(call) => &call.attrs,
        syn::Expr::MethodCall(call) => &call.attrs,
        syn::Expr::If(branch) => &branch.attrs,
        syn::Expr::Block(block) => &block.attrs,
        syn::Expr::Macro(call) => &call.attrs,
        _ => &[],
    }
}

impl<'s> Visit<'s> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'s syn::ItemMod) {
        if !for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
        if !for_tests(&item.attrs) {
            self.read_function(&item.attrs, &item.sig, &item.block);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            self.read_function(&item.attrs, &item.sig, &item.block);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'s syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.read_function(&item.attrs, &item.sig, block);
        }
    }

    fn visit_item_static(&mut self, item: &'s syn::ItemStatic) {
        self.read_body(&item.ident.to_string(), false, |reader| reader.visit_expr(&item.expr));
    }

    fn visit_item_const(&mut self, item: &'s syn::ItemConst) {
        self.read_body(&item.ident.to_string(), false, |reader| reader.visit_expr(&item.expr));
    }

    fn visit_block(&mut self, block: &'s syn::Block) {
        self.scopes.enter();
        visit::visit_block(self, block);
        self.scopes.leave();
    }

    fn visit_local(&mut self, local: &'s syn::Local) {
        if for_tests(&local.attrs) {
            return;
        }
        let mut meaning = Meaning::Other;
        if let Some(initial) = &local.init {
            self.visit_expr(&initial.expr);
            if let Some((_, otherwise)) = &initial.diverge {
                self.visit_expr(otherwise);
            }
            meaning = self.meaning(&initial.expr);
        }
        self.scopes.bind_all(bound(&local.pat), meaning);
    }

    fn visit_expr_let(&mut self, condition: &'s syn::ExprLet) {
        self.visit_expr(&condition.expr);
        let meaning = self.meaning(&condition.expr);
        self.scopes.bind_all(bound(&condition.pat), meaning);
    }

    fn visit_expr_if(&mut self, branch: &'s syn::ExprIf) {
        self.scopes.enter();
        visit::visit_expr_if(self, branch);
        self.scopes.leave();
    }

    fn visit_expr_while(&mut self, repeated: &'s syn::ExprWhile) {
        self.scopes.enter();
        visit::visit_expr_while(self, repeated);
        self.scopes.leave();
    }

    fn visit_expr_match(&mut self, choice: &'s syn::ExprMatch) {
        self.visit_expr(&choice.expr);
        let meaning = self.meaning(&choice.expr);
        for arm in &choice.arms {
            self.scopes.enter();
            self.scopes.bind_all(bound(&arm.pat), meaning);
            if let Some((_, guard)) = &arm.guard {
                self.visit_expr(guard);
            }
            self.visit_expr(&arm.body);
            self.scopes.leave();
        }
    }

    fn visit_expr(&mut self, expression: &'s syn::Expr) {
        if !for_tests(attributes(expression)) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'s syn::ExprClosure) {
        self.read_closure(closure, None);
    }

    fn visit_expr_method_call(&mut self, call: &'s syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        let name = call.method.to_string();
        let verb = family(&name).filter(|_| !call.args.is_empty()).zip(self.token(&call.receiver));
        let place = if let Some((family, outer)) = verb {
            let mut place = self.place(call, outer, range(&call.receiver), How::Verb { family });
            place.line = call.method.span().start().line;
            place.lock = call.args.first().map(range);
            Some(place)
        } else {
            let whole = syn::Expr::MethodCall(call.clone());
            self.given(&whole, &name, true, call.args.iter().cloned())
        };
        // A guard that is given is an acquisition of its own, which is read first.
        let place = match place {
            None => {
                self.read_arguments(call.args.iter(), None);
                let whole = syn::Expr::MethodCall(call.clone());
                self.given(&whole, &name, true, call.args.iter().cloned()).map(|place| self.note(place));
                return;
            }
            Some(place) => self.note(place),
        };
        self.read_arguments(call.args.iter(), self.opens(place));
    }

    fn visit_expr_call(&mut self, call: &'s syn::ExprCall) {
        self.visit_expr(&call.func);
        // A variable that is called is a closure, whose token has one type: no signature is its.
        let is_variable = variable(&call.func).is_some_and(|name| self.scopes.has(&name));
        let place = last_name(&call.func).filter(|_| !is_variable).and_then(|name| {
            let whole = syn::Expr::Call(call.clone());
            self.given(&whole, &name, false, call.args.iter().cloned())
        });
        let place = place.map(|place| self.note(place)).and_then(|place| self.opens(place));
        self.read_arguments(call.args.iter(), place);
    }

    fn visit_macro(&mut self, call: &'s syn::Macro) {
        let Some(name) = call.path.segments.last().map(|last| last.ident.to_string()) else { return };
        match name.as_str() {
            "acquire" => self.read_acquire(call),
            "hierarchy" | "macro_rules" => {}
            _ => {
                for argument in arguments(&call.tokens).unwrap_or_default() {
                    self.visit_expr(&argument);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
