//! Calls that turn a token into another, panic, or touch data without a guard.

#![allow(clippy::many_single_char_names, reason = "the variables are named as those of the programs are")]
#![allow(unused_variables, reason = "each call needs some of the parts")]

use super::{CLASSES, Generator, Kind, Parts, Token};
use crate::random::term::Call;

impl Generator {
    /// A call that does neither.
    pub(super) fn moving(&mut self, kind: Kind, parts: &Parts) -> Call {
        let Parts { token, h, g, n, x, class, l, core, context, lock, inner, same, held, b } = parts.clone();
        match kind {
            Kind::Cpu => {
                let (verb, context) = self.chance.one_of(&[("irqs_off", 2), ("no_preempt", 1)]);
                self.with(
                    format!("{{ let mut {g} = {h}.{verb}::<Host>(); let mut {n} = {g}.held(); {b} }} "),
                    &[Token { context: token.context.max(context), ..same }],
                )
            }
            Kind::Dynamic => {
                let class = self.chance.below(CLASSES.len());
                let (name, lock) = (CLASSES[class].to_uppercase(), format!("{}::{core}", CLASSES[class]));
                let text = self.chance.one_of(&[
                    format!(
                        "{{ let mut {x} = {h}.erase(); if let Ok(mut {g}) = {x}.lock(&{lock}) {{ w(&mut {g}); \
                         let mut {x} = {g}.split().1; if let Ok(mut {n}) = {x}.typed::<{name}>() {{ {b} }} }} }} "
                    ),
                    format!(
                        "{{ let mut {x} = {h}.erase(); if let Ok(mut {n}) = {x}.typed::<{name}>() {{ {b} }} }} "
                    ),
                ]);
                let context = if text.contains("lock") { context } else { token.context };
                self.with(text, &[Token { next: class + 1, context, ..inner }])
            }
            Kind::Move => {
                let (how, next) = self.chance.one_of(&[
                    ("at::<A>()", 1),
                    ("at::<B>()", 2),
                    ("at::<Tok>()", 2),
                    ("at::<Inner>()", 1),
                    ("below::<B>()", 1),
                    ("below::<C>()", 2),
                    ("reborrow()", token.next),
                    ("to_task()", token.next),
                    ("to_nothing()", 0),
                ]);
                let kept = how.starts_with("re") || how.starts_with("to");
                let inner = Token { next, nothing: token.nothing && kept, ..same };
                self.with(format!("{{ let mut {n} = {h}.{how}; {b} }} "), &[inner])
            }
            Kind::Catch => {
                let end = self.chance.one_of(&["std::panic::panic_any(\"chance\"); ", ""]);
                let text = format!(
                    "let _ = catch_unwind(AssertUnwindSafe(|| {{ let mut {n} = {h}.reborrow(); {b} {end}}})); "
                );
                self.with(text, &[same])
            }
            Kind::Panic => Call::plain("p(); ".to_owned()),
            Kind::Once => self.with(
                format!("let _ = {h}.get_or_init(&{l}::ONCE, |mut {n}| {{ {b} 1 }}); "),
                &[Token { context: token.context.max(1), ..inner }],
            ),
            Kind::Sequence => {
                let text = format!("{h}.update(&{l}::SEQ, |v, mut {n}| {{ *v += 1; {b} }}); ");
                if self.chance.below(2) == 0 {
                    return Call::plain(format!("let _ = {h}.snapshot(&{l}::SEQ); "));
                }
                self.with(text, &[Token { context: token.context.max(1), ..inner }])
            }
            _ => unreachable!("made elsewhere"),
        }
    }
}
