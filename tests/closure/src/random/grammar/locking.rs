//! Calls that acquire locks, in all ways.

#![allow(clippy::many_single_char_names, reason = "the variables are named as those of the programs are")]
#![allow(unused_variables, reason = "each call needs some of the parts")]

use super::{CLASSES, Generator, Kind, Parts, Token};
use crate::random::term::{BODY, Call};

impl Generator {
    /// A call that acquires a lock.
    pub(super) fn locking(&mut self, kind: Kind, parts: &Parts) -> Call {
        let Parts { token, h, g, n, x, class, l, core, context, lock, inner, same, held, b } = parts.clone();
        match kind {
            Kind::With => {
                self.with(format!("{h}.with(&{lock}, |{x}, mut {n}| {{ w({x}); {b} }}); "), &[inner])
            }
            Kind::Lock => {
                let verb = self.chance.one_of(&["lock", "lock", "acquire"]);
                let end = self.end(&g, &format!("{l}::ON_{core}"), &token);
                self.with(format!("let mut {g} = {h}.{verb}(&{lock}); w(&mut {g}); {held}{end}"), &[inner])
            }
            Kind::Loosen => self.with(
                format!(
                    "let (mut {g}, mut {n}) = {h}.lock(&{lock}).loosen(); w(&mut {g}); {b} drop({g}); {b}"
                ),
                &[inner.clone(), inner],
            ),
            Kind::Odd => {
                let (other, m) = (self.name('g'), self.name('n'));
                let further = CLASSES[(class + 1).min(2)];
                let (first, second) = self.chance.one_of(&[(&g, &other), (&other, &g)]);
                let token = Token { name: m.clone(), next: class + 2, ..inner };
                self.with(
                    format!(
                        "let (mut {g}, mut {n}) = {h}.lock(&{lock}).loosen(); \
                         let (mut {other}, mut {m}) = {n}.lock(&{further}::{core}).loosen(); \
                         w(&mut {g}); w(&mut {other}); drop({first}); {b} w(&mut {second}); drop({second}); {b}"
                    ),
                    &[token.clone(), token],
                )
            }
            Kind::Try => {
                let end = self.end(&g, &format!("{l}::ON_{core}"), &token);
                self.with(
                    format!("if let Some(mut {g}) = {h}.try_lock(&{lock}) {{ w(&mut {g}); {held}{end} }} "),
                    &[inner],
                )
            }
            Kind::For => {
                let core = self.chance.one_of(&["MUTEX", "SLEEP", "ADAPTIVE"]);
                let end = self.end(&g, &format!("{l}::ON_{core}"), &token);
                self.with(
                    format!("if let Some(mut {g}) = {h}.lock_for(&{l}::{core}, MS) {{ w(&mut {g}); {held}{end} }} "),
                    &[Token { context: token.context, ..inner }],
                )
            }
            Kind::TryAny => {
                let class = self.chance.below(CLASSES.len());
                let lock = format!("{}::{core}", CLASSES[class]);
                let inner = Token { next: token.next.max(class + 1), ..inner };
                self.with(
                    format!(
                        "if let Some(mut {g}) = {h}.try_lock_any(&{lock}) {{ let ({x}, mut {n}) = {g}.split(); w({x}); {b} }} "
                    ),
                    &[inner],
                )
            }
            Kind::ReadWrite => self.read_write(parts),
            Kind::Arc => self.with(
                format!("{{ let mut {g} = {h}.lock_arc({l}::arc()); w(&mut {g}); {held} }} "),
                &[Token { context: token.context, ..inner }],
            ),
            Kind::Mapped => self.with(
                format!(
                    "{{ let mut {g} = {h}.lock(&{lock}).map(|d| d); w(&mut {g}); {held} w(&mut {g}); }} "
                ),
                &[inner],
            ),
            Kind::Set => {
                let (i, k) = (self.chance.below(3), self.chance.below(3));
                let text = self.chance.one_of(&[
                    format!(
                        "if let Ok(mut {g}) = {h}.lock_pair(&ADDR[{i}], &ADDR[{k}]) {{ let ([d, e], mut {n}) = {g}.split(); \
                         w(d); w(e); {b} }} "
                    ),
                    format!(
                        "{{ let mut {x} = [&ADDR[{k}], &ADDR[{i}]]; if let Ok(mut {g}) = {h}.lock_slice(&mut {x}) {{ \
                         let (mut d, mut {n}) = {g}.split(); d.iter_mut().for_each(w); {b} }} }} "
                    ),
                ]);
                self.with(text, &[Token { next: token.next.max(1), nothing: false, ..same }])
            }
            Kind::Tree => {
                let text = self.chance.one_of(&[
                    format!(
                        "{{ let mut {g} = {h}.lock(&TREE[0]); if let Ok((d, mut {x})) = {g}.descend(&TREE[1]) {{ w(d); \
                         w(&mut {x}); let mut {n} = {x}.held(); {b} }} }} "
                    ),
                    format!(
                        "{{ let {g} = {h}.lock(&TREE[0]); if let Ok(mut {g}) = {g}.step(&TREE[1]) {{ w(&mut {g}); \
                         let mut {n} = {g}.held(); {b} }} }} "
                    ),
                ]);
                self.with(text, &[Token { next: token.next.max(1), nothing: false, ..same }])
            }
            _ => unreachable!("made elsewhere"),
        }
    }

    /// A reader-writer lock, held one way and perhaps another.
    fn read_write(&mut self, parts: &Parts) -> Call {
        let Parts { token, h, g, n, l, class, .. } = parts.clone();
        let (core, context) =
            if token.context == 0 { self.chance.one_of(&[("SLEEP_RW", 0), ("RW", 1)]) } else { ("RW", 1) };
        let lock = format!("{l}::{core}");
        let context = context.max(token.context);
        let inner =
            Token { name: n.clone(), next: class + 1, context, nothing: false, depth: token.depth + 1 };
        let b = format!("{{ let mut {n} = {g}.held(); {BODY} }} ");
        let text = self.chance.one_of(&[
            format!("{{ let mut {g} = {h}.read(&{lock}); r(&{g}); {b} r(&{g}); }} "),
            format!("{{ let mut {g} = {h}.write(&{lock}); w(&mut {g}); {b} w(&mut {g}); }} "),
            format!("{{ let mut {g} = {h}.upgradeable(&{lock}); r(&{g}); {b} let mut {g} = {g}.upgrade(); w(&mut {g}); {b} }} "),
            format!("{{ let mut {g} = {h}.upgradeable(&{lock}); {b} if let Ok(mut {g}) = {g}.try_upgrade() {{ w(&mut {g}); }} }} "),
            format!("{{ let mut {g} = {h}.write(&{lock}); w(&mut {g}); let mut {g} = {g}.downgrade(); r(&{g}); {b} r(&{g}); }} "),
            format!(
                "{{ let {g} = {h}.write(&{lock}); let mut {g} = {g}.downgrade_to_upgradeable(); r(&{g}); {b} \
                 let mut {g} = {g}.upgrade(); w(&mut {g}); }} "
            ),
            format!("if let Some(mut {g}) = {h}.try_write(&{lock}) {{ w(&mut {g}); {b} }} "),
        ]);
        let bodies = text.matches(BODY).count();
        self.with(text, &vec![inner; bodies])
    }
}
