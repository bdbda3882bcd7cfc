//! Calls that wait for other threads, and what such waits need: permits, promises, servers, threads, serialising tokens.

#![allow(clippy::many_single_char_names, reason = "the variables are named as those of the programs are")]
#![allow(unused_variables, reason = "each call needs some of the parts")]

use super::{CLASSES, Generator, Kind, Parts, Token};
use crate::random::term::{BODY, Call};

impl Generator {
    /// A call that waits, or ends a wait.
    pub(super) fn waiting(&mut self, kind: Kind, parts: &Parts) -> Call {
        let Parts { token, h, g, n, x, class, l, core, context, lock, inner, same, held, b } = parts.clone();
        match kind {
            Kind::Permit => {
                let text = self.chance.one_of(&[
                    format!("{{ let ({g}, mut {n}) = {l}::SEMAPHORE.acquire(&mut {h}); {b} drop({g}); {b} }} "),
                    format!(
                        "if let Some(({g}, mut {n})) = {l}::SEMAPHORE.acquire_for(&mut {h}, MS) {{ {b} drop({g}); {b} }} "
                    ),
                    format!(
                        "if let Some(({g}, mut {n})) = {l}::SEMAPHORE.try_acquire(&mut {h}) {{ {b} drop({g}); {b} }} "
                    ),
                ]);
                let inner = Token { context: token.context, ..inner };
                self.with(text, &[inner.clone(), inner])
            }
            Kind::Promise => self.with(
                format!("let _ = event(&{l}::EVENTS).promise(&mut {h}, |mut {n}| {{ {b} }}); "),
                &[Token { context: token.context, ..inner }],
            ),
            Kind::Event => Call::plain(format!("let _ = event(&{l}::EVENTS).wait(&mut {h}); ")),
            Kind::Serve => {
                let ranked = format!("{l}::RANKED[{}]", self.chance.below(CLASSES.len()));
                let inner = Token { context: token.context, ..inner };
                self.with(
                    format!("{ranked}.serve(&mut {h}, |mut {n}| {{ {b} {ranked}.notify_all(); {b} }}); "),
                    &[inner.clone(), inner],
                )
            }
            Kind::Ranked => {
                let ranked = CLASSES[self.class(&token)];
                // Threads wait at one condition variable with one lock.
                let lock = ["a::MUTEX", "b::TICKET", "c::ADAPTIVE"][class];
                let wait = self.chance.one_of(&[
                    format!("{ranked}::RANKED[{class}].wait({g}).map(|mut {g}| w(&mut {g}))"),
                    format!("{ranked}::RANKED[{class}].wait_for({g}, MS).map(|(mut {g}, _)| w(&mut {g}))"),
                ]);
                Call::plain(format!("let mut {g} = {h}.lock(&{lock}); w(&mut {g}); let _ = {wait}; "))
            }
            Kind::Queue => {
                let text = self.chance.one_of(&[
                    format!("let _ = WAIT_QUEUE.wait_until_for(&mut {h}, MS, |{n}| {{ {b} false }}); "),
                    format!("WAIT_QUEUE.wait_until(&mut {h}, |{n}| {{ {b} true }}); "),
                    format!("WAIT_QUEUE.wait_until_may_sleep(&mut {h}, |{n}| {{ {b} true }}); "),
                    format!(
                        "let _ = SIGNALS.wait_for(&mut {h}, MS); {{ let mut {n} = {h}.to_atomic(); {b} }} "
                    ),
                ]);
                let context = if text.contains("may_sleep") { token.context } else { token.context.max(1) };
                self.with(text, &[Token { context, ..same }])
            }
            Kind::Join => {
                let fresh = Token { next: 0, context: 0, nothing: true, ..same };
                let here = Token { name: h.clone(), depth: token.depth + 1, ..token.clone() };
                self.with(
                    format!(
                        "{{ let {x} = host::spawn(|mut {n}| {{ {b} }}); {b} let _ = {x}.join(&mut {h}); }} "
                    ),
                    &[fresh, here],
                )
            }
            Kind::Scope => {
                let fresh = Token { next: 0, context: 0, nothing: true, ..same.clone() };
                let m = self.name('n');
                let lent = Token { name: m.clone(), ..same };
                self.with(
                    format!("host::scope(&mut {h}, |{x}, {m}| {{ {x}.spawn(|mut {n}| {{ {b} }}); {b} }}); "),
                    &[fresh, lent],
                )
            }
            Kind::Defer => {
                let fresh = Token { next: 0, context: 0, nothing: true, depth: 4, ..same };
                self.with(format!("host::defer(|mut {n}| {{ {b} }}); "), &[fresh])
            }
            Kind::Serial => self.serial(&same, &h),
            Kind::Notify => Call::plain(self.chance.one_of(&[
                format!("{l}::ON_{core}.notify_all(); "),
                format!("{l}::ON_{core}.notify_one(); "),
                format!("{l}::RANKED[{class}].notify_one(); "),
                "ON_TOKENS[0].notify_one(); ".to_owned(),
                "WAIT_QUEUE.wake_one(); ".to_owned(),
                "SIGNALS.signal(); ".to_owned(),
            ])),
            _ => unreachable!("made elsewhere"),
        }
    }

    /// A serialising token.
    fn serial(&mut self, inner: &Token, h: &str) -> Call {
        let (s, n, b) = (self.name('s'), &inner.name, BODY);
        let token = self.chance.below(2);
        let verb = self.chance.one_of(&[
            "with_serial_token",
            "with_serial_token",
            "try_with_serial_token",
            "with_shared_serial_token",
        ]);
        let uses = match verb {
            "with_shared_serial_token" => format!("{s}.look(|d, _| r(d)); "),
            _ => format!("{s}.with(|d, _| w(d)); "),
        };
        let (middle, context) = self.chance.one_of(&[
            (format!("{{ let mut {n} = {s}.held(); {b} }} "), 0),
            (format!("{{ let mut {n} = {s}.held(); {b} }} "), 0),
            (
                format!(
                    "let _ = {s}.wait_for(&ON_TOKENS[{token}], MS); {{ let mut {n} = {s}.held(); {b} }} "
                ),
                0,
            ),
            (format!("{s}.look(|d, mut {n}| {{ r(d); {b} }}); "), 1),
        ]);
        let inner = Token { context: inner.context.max(context), ..inner.clone() };
        self.with(format!("{h}.{verb}(&TOKENS[{token}], |{s}| {{ {uses}{middle}{uses} }}); "), &[inner])
    }
}
