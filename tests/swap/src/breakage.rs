//! Breakages: what is changed at a place so that a rule is broken, and the twins that must compile.
//!
//! Each kind of breakage changes the token, or exchanges the locks, and leaves the rest of the call as it is. Where one way to
//! break a rule does not fit (a sleeping lock cannot be put around code that spins), there is another one: the attempts are
//! made in turn until one is refused for the rule.

use std::fmt;
use std::ops::Range;

use crate::edit::Edit;
use crate::places::{Element, Family, How, Place};
use crate::probes::KINDS;

/// A kind of breakage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The outer and the inner one of two acquisitions change places.
    Exchanged,
    /// A lock further in is put around.
    MovedUnder,
    /// It is put where preemption is off.
    PreemptionOff,
    /// It is put where interrupts are off.
    InterruptsOff,
    /// Code that runs with interrupts off acquires a plain spin lock in place of the interrupt-safe one.
    PlainInHandler,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Exchanged, Self::MovedUnder, Self::PreemptionOff, Self::InterruptsOff, Self::PlainInHandler];
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Exchanged => "exchanged",
            Self::MovedUnder => "moved under",
            Self::PreemptionOff => "preemption off",
            Self::InterruptsOff => "interrupts off",
            Self::PlainInHandler => "plain in a handler",
        })
    }
}

/// One breakage of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// What kind.
    pub kind: Kind,
    /// The number of the place in its file; of the outer one where two are exchanged.
    pub place: usize,
    /// The inner one.
    pub inner: Option<usize>,
    /// The ways to do it, the first one first.
    pub attempts: Vec<Vec<Edit>>,
    /// Where the compiler must say something, in the original text.
    pub extent: Range<usize>,
}

/// A name in the module of probes.
fn probe(name: &str) -> String {
    format!("crate::{}::{name}", crate::probes::MODULE)
}

/// Text around a token: with it between the two it is something that has the method `held`, or a token itself.
#[derive(Clone, Debug)]
struct Maker {
    before: String,
    after: String,
    /// It has the method `held`.
    hands_out: bool,
}

impl Maker {
    /// A method called on the token.
    fn method(call: &str) -> Self {
        Self { before: String::new(), after: call.to_owned(), hands_out: true }
    }

    /// The text in front of the token and behind it, where it is lent or given.
    fn text(&self, lent: bool) -> (String, String) {
        let kept = probe("kept");
        let Self { before, after, hands_out } = self;
        let (mut front, mut back) = (before.clone(), after.clone());
        if *hands_out {
            (front, back) = (format!("{kept}({front}"), format!("{back}).held()"));
        }
        if lent {
            (front, back) = (format!("{kept}({front}"), format!("{back})"));
        }
        (front, back)
    }
}

/// Changes the token at a place.
fn with_token(place: &Place, text: &str, maker: &Maker) -> Vec<Edit> {
    let (token, bare) = (&place.token, &place.bare);
    let lent = match &place.how {
        How::Element(element) => return around_element(place, element, text, maker),
        How::Call { needs, .. } => needs.by_reference || bare != token,
        How::Verb { .. } | How::Accessor | How::Condition => true,
    };
    let (front, back) = maker.text(lent);
    vec![
        Edit::replace(token.start..bare.start, front),
        Edit::replace(bare.end..token.end, back).with_probe(&maker.after),
    ]
}

/// The same for a lock of `acquire!`: the list is broken in two in front of it.
fn around_element(place: &Place, element: &Element, text: &str, maker: &Maker) -> Vec<Edit> {
    let (held, path) = (&text[place.bare.clone()], &text[element.path.clone()]);
    let (front, back) = maker.text(true);
    let outer = format!("{{ let mut {held} = {front}{held}{back}; ");
    match element.previous {
        None => vec![
            Edit::insert(element.call.start, outer).with_probe(&maker.after),
            Edit::insert(element.call.end, " }".to_owned()),
        ],
        Some(previous) => vec![
            Edit::replace(previous..place.span.start, format!(" => {{ {outer}{path}!({held} => "))
                .with_probe(&maker.after),
            Edit::insert(element.end, ") } }".to_owned()),
        ],
    }
}

/// Puts an acquisition of a probe around a place.
fn under(place: &Place, text: &str, lock: &str) -> Vec<Edit> {
    with_token(place, text, &Maker::method(&format!(".lock(&{})", probe(lock))))
}

/// Changes the guard that a wait is given.
fn change_guard(place: &Place, function: &str) -> Vec<Edit> {
    vec![
        Edit::insert(place.token.start, format!("{}(", probe(function))),
        Edit::insert(place.token.end, ")".to_owned()),
    ]
}

/// The ways to wait with a guard of another type: as it is; and with a result of any type, where the guard comes back into a
/// variable of the old one.
fn wait_with(place: &Place, function: &str) -> Vec<Vec<Edit>> {
    let changed = change_guard(place, function);
    let mut back = changed.clone();
    back.push(Edit::insert(place.span.start, format!("{}(", probe("any"))));
    back.push(Edit::insert(place.span.end, ")".to_owned()));
    vec![changed, back]
}

/// What a place acquires, as a reference.
fn lock_reference(place: &Place, text: &str) -> Option<String> {
    let lock = &text[place.lock.clone()?];
    Some(match place.how {
        How::Element(_) => format!("&({lock})"),
        _ => lock.to_owned(),
    })
}

/// What stands at a place, with another lock in it, which is given as a reference.
fn with_lock(place: &Place, lock: &str) -> Option<Edit> {
    let dereferenced = lock.strip_prefix('&').map_or_else(|| format!("*{lock}"), str::to_owned);
    let new = match &place.how {
        How::Element(element) if element.is_short => format!("{} = {dereferenced}", element.name),
        How::Element(_) => dereferenced,
        _ => lock.to_owned(),
    };
    Some(Edit::replace(place.lock.clone()?, new))
}

/// Whether what is acquired is one lock of the plain kind, which can stand where another one stands.
fn is_exchangeable(place: &Place) -> bool {
    matches!(place.how, How::Verb { family: Family::Lock } | How::Element(_))
}

/// How to acquire what `inner` acquires with another token.
fn acquires_like(inner: &Place, text: &str) -> Option<Maker> {
    let with_other_token = || {
        let (span, old) = (&inner.span, &inner.token);
        let before = format!("{}{}(", &text[span.start..old.start], probe("kept"));
        Maker { before, after: format!(".reborrow()){}", &text[old.end..span.end]), hands_out: true }
    };
    match &inner.how {
        How::Verb { family: Family::Lock | Family::Set } | How::Element(_) => {
            Some(Maker::method(&format!(".lock({})", lock_reference(inner, text)?)))
        }
        How::Verb { family: Family::ReadWrite } => {
            Some(Maker::method(&format!(".write({})", lock_reference(inner, text)?)))
        }
        How::Accessor => Some(with_other_token()),
        How::Call { name, .. } if name == "acquire" => {
            let Maker { before, after, hands_out } = with_other_token();
            Some(Maker {
                before: format!("{}({before}", probe("opened")),
                after: format!("{after})"),
                hands_out,
            })
        }
        How::Verb { .. } | How::Call { .. } | How::Condition => None,
    }
}

/// The ways to exchange two acquisitions: their locks change places; or the inner one is acquired before the outer one.
fn exchange(outer: &Place, inner: &Place, text: &str) -> Vec<Vec<Edit>> {
    let mut attempts = Vec::new();
    if is_exchangeable(outer) && is_exchangeable(inner) {
        let locks = lock_reference(outer, text).zip(lock_reference(inner, text));
        attempts.extend(
            locks.and_then(|(first, second)| {
                Some(vec![with_lock(outer, &second)?, with_lock(inner, &first)?])
            }),
        );
    }
    attempts.extend(acquires_like(inner, text).map(|maker| with_token(outer, text, &maker)));
    attempts
}

/// The places around one whose guards gave its token, from the innermost outwards.
fn around(places: &[Place], place: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(places[place].outer, |&outer| places[outer].outer)
}

/// Where the compiler must say something of a place that is broken.
pub(crate) fn extent(place: &Place) -> Range<usize> {
    match &place.how {
        // The change stands around the macro.
        How::Element(element) => element.call.clone(),
        _ => place.span.clone(),
    }
}

/// The breakages of one place by itself.
fn of_place(number: usize, place: &Place, text: &str, platform: &str) -> Vec<Breakage> {
    let one = |kind, attempts| Breakage { kind, place: number, inner: None, attempts, extent: extent(place) };
    let mut found = Vec::new();
    if place.how == How::Condition {
        let changed = |function| wait_with(place, function);
        found.push(one(Kind::MovedUnder, changed("under_another")));
        found.push(one(Kind::PreemptionOff, changed("preemption_off")));
        found.push(one(Kind::InterruptsOff, changed("interrupts_off")));
        return found;
    }
    let method = |call: &str| with_token(place, text, &Maker::method(call));
    if place.is_ordered() {
        let lock = |kind: &str| format!("lock(&{})", probe(&format!("{kind}_INNERMOST")));
        let mut attempts: Vec<_> = KINDS.iter().map(|kind| method(&format!(".{}", lock(kind)))).collect();
        // Where the caller's token is only known to have nothing held.
        attempts.push(method(&format!(".to_nothing().to_task().{}", lock(KINDS[0]))));
        // Where it is only known to lie outside of a class.
        if let Some(class) = &place.ceiling {
            let below = format!(".below::<{class}>()");
            for (context, kind) in [(".to_task()", KINDS[0]), (".to_atomic()", KINDS[1]), ("", KINDS[2])] {
                attempts.push(method(&format!("{below}{context}.{}", lock(kind))));
            }
        }
        found.push(one(Kind::MovedUnder, attempts));
    }
    if place.sleeps() != Some(false) {
        // Where the context is only known to be one that may sleep, it is named first.
        let preemption = [".no_preempt", ".to_task().no_preempt"];
        let attempts = preemption.map(|call| method(&format!("{call}::<{platform}>()")));
        found.push(one(Kind::PreemptionOff, attempts.to_vec()));
        found.push(one(Kind::InterruptsOff, vec![method(&format!(".irqs_off::<{platform}>()"))]));
    }
    if place.in_handler && matches!(place.how, How::Verb { family: Family::Lock }) {
        let plain = lock_reference(place, text)
            .and_then(|lock| with_lock(place, &format!("{}({lock})", probe("plain"))));
        found.extend(plain.map(|edit| one(Kind::PlainInHandler, vec![vec![edit]])));
    }
    found
}

/// The exchanges of one place with those around it.
fn exchanges(number: usize, places: &[Place], text: &str) -> Vec<Breakage> {
    let inner = &places[number];
    let fits = |place: &Place| place.is_acquisition() && place.is_ordered();
    let outside = around(places, number).filter(|&outer| fits(inner) && fits(&places[outer]));
    outside
        .filter_map(|outer| {
            let attempts = exchange(&places[outer], inner, text);
            let (first, last) = (extent(&places[outer]), extent(inner));
            let extent = first.start..first.end.max(last.end);
            (!attempts.is_empty()).then_some(Breakage {
                kind: Kind::Exchanged,
                place: outer,
                inner: Some(number),
                attempts,
                extent,
            })
        })
        .collect()
}

/// All breakages of a file.
#[must_use]
pub fn all(text: &str, places: &[Place], platform: &str) -> Vec<Breakage> {
    let alone = places.iter().enumerate().flat_map(|(number, place)| of_place(number, place, text, platform));
    alone.chain((0..places.len()).flat_map(|number| exchanges(number, places, text))).collect()
}

/// A question about the lock of a place, which compiles where the answer is yes: whether it is of a kind that `asked` has,
/// one of `spins` and `safe`. `None` where the lock is not written at the place.
#[must_use]
pub fn question(place: &Place, text: &str, asked: &str) -> Option<Vec<Edit>> {
    let family = match &place.how {
        How::Verb { family: Family::Lock | Family::Set } | How::Element(_) => "",
        How::Verb { family: Family::ReadWrite } => "_read_write",
        How::Verb { family: Family::Sequence } => "_sequence",
        How::Accessor => {
            return Some(vec![
                Edit::insert(place.span.start, format!("{}(", probe(&format!("{asked}_guard")))),
                Edit::insert(place.span.end, ")".to_owned()),
            ]);
        }
        How::Verb { .. } | How::Call { .. } | How::Condition => return None,
    };
    let lock = lock_reference(place, text)?;
    Some(vec![with_lock(place, &format!("{}({lock})", probe(&format!("{asked}{family}"))))?])
}

/// The twins of what is put around a place: a lock further out, one after the other; and the same without a lock.
#[must_use]
pub fn twins(place: &Place, text: &str, outside: &[String]) -> Vec<Vec<Edit>> {
    if place.how == How::Condition {
        return vec![change_guard(place, "same")];
    }
    let mut twins: Vec<_> = outside.iter().map(|lock| under(place, text, lock)).collect();
    let bare = Maker { hands_out: false, ..Maker::method(".reborrow()") };
    twins.push(with_token(place, text, &bare));
    twins
}

#[cfg(test)]
mod tests;
