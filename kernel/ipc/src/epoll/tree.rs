//! Epolls that watch epolls. A wake-up goes through them one inside the other, and so does a look at readiness: so there is no
//! circle, and no way through them is long.
//!
//! All watches of epolls by epolls are in one list, of numbers, behind one lock: there are few. It is held over the adding of one, and no
//! epoll is locked to look for a circle. An epoll that is closed takes its watches out, on both sides.

use alloc::vec::Vec;
use core::mem;

use abi::{Errno, Result};
use base::sched::Mutex;
use lockorder::{Held, Root, Task, hierarchy};

hierarchy! {
    /// Which epoll watches which: circles are looked for under it.
    pub class EpollTree in base::levels::Ipc = 0;
}

/// How many watches one way may have at most: five epolls.
const LONGEST: usize = 4;
/// How many watches of epolls there may be.
const MOST: usize = 4096;

/// One epoll watches another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watch {
    outer: u64,
    inner: u64,
}

/// A way along watches.
#[derive(Clone, Copy)]
enum Way {
    Inward,
    Outward,
}

/// Protects which epoll watches which; class `EpollTree`.
static WATCHES: Mutex<EpollTree, Vec<Watch>> = Mutex::new(Vec::new());

/// How many watches the longest way from an epoll has.
///
/// # Errors
///
/// [`Errno::ELOOP`] where it is too long, or comes to `other`; [`Errno::ENOMEM`].
fn longest(watches: &[Watch], from: u64, other: u64, way: Way) -> Result<usize> {
    let (mut reached, mut next) = (Vec::new(), Vec::new());
    for list in [&mut reached, &mut next] {
        list.try_reserve_exact(watches.len().max(1)).map_err(|_| Errno::ENOMEM)?;
    }
    reached.push(from);
    for length in 0..=LONGEST {
        next.clear();
        next.extend(watches.iter().filter_map(|watch| {
            let (near, far) = match way {
                Way::Inward => (watch.outer, watch.inner),
                Way::Outward => (watch.inner, watch.outer),
            };
            reached.binary_search(&near).is_ok().then_some(far)
        }));
        if next.contains(&other) {
            return Err(Errno::ELOOP);
        }
        if next.is_empty() {
            return Ok(length);
        }
        next.sort_unstable();
        next.dedup();
        mem::swap(&mut reached, &mut next);
    }
    Err(Errno::ELOOP)
}

/// Whether one epoll may watch another.
fn check(watches: &[Watch], outer: u64, inner: u64) -> Result<()> {
    let length =
        longest(watches, inner, outer, Way::Inward)? + 1 + longest(watches, outer, inner, Way::Outward)?;
    if length > LONGEST { Err(Errno::ELOOP) } else { Ok(()) }
}

/// Notes that one epoll watches another, after `insert` has made it so.
///
/// # Errors
///
/// [`Errno::ELOOP`] for a circle, or too long a way; [`Errno::ENOSPC`]; [`Errno::ENOMEM`]; what `insert` gives.
pub(super) fn add(
    held: &mut Root<'_, Task>,
    outer: u64,
    inner: u64,
    insert: impl FnOnce(&mut Held<'_, EpollTree, Task>) -> Result<()>,
) -> Result<()> {
    held.with(&WATCHES, |watches, mut held| {
        check(watches, outer, inner)?;
        if watches.len() >= MOST {
            return Err(Errno::ENOSPC);
        }
        watches.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        insert(&mut held)?;
        watches.push(Watch { outer, inner });
        Ok(())
    })
}

/// One epoll does not watch another by one entry any more.
pub(super) fn remove(held: &mut Root<'_, Task>, outer: u64, inner: u64) {
    held.with(&WATCHES, |watches, _| {
        if let Some(place) = watches.iter().position(|watch| *watch == Watch { outer, inner }) {
            watches.swap_remove(place);
        }
    });
}

/// An epoll is closed: it watches nothing and is not watched.
pub(super) fn forget(held: &mut Root<'_, Task>, own: u64) {
    held.with(&WATCHES, |watches, _| watches.retain(|watch| watch.outer != own && watch.inner != own));
}

#[cfg(test)]
mod tests {
    use super::{Watch, check};
    use abi::Errno;

    fn chain(watches: &[(u64, u64)]) -> Vec<Watch> {
        watches.iter().map(|&(outer, inner)| Watch { outer, inner }).collect()
    }

    #[test]
    fn a_circle_is_refused_however_long() {
        assert_eq!(check(&chain(&[(1, 2)]), 2, 1), Err(Errno::ELOOP));
        assert_eq!(check(&chain(&[(1, 2), (2, 3), (3, 4)]), 4, 1), Err(Errno::ELOOP));
        assert_eq!(check(&chain(&[(1, 2), (1, 3), (2, 4), (3, 4)]), 1, 4), Ok(()));
    }

    #[test]
    fn five_in_a_row_are_enough_wherever_one_is_added() {
        let four = chain(&[(1, 2), (2, 3), (3, 4)]);
        assert_eq!(check(&four, 4, 5), Ok(()));
        assert_eq!(check(&four, 5, 1), Ok(()));
        let five = chain(&[(1, 2), (2, 3), (3, 4), (4, 5)]);
        assert_eq!(check(&five, 5, 6), Err(Errno::ELOOP));
        assert_eq!(check(&five, 6, 1), Err(Errno::ELOOP));
        assert_eq!(check(&five, 6, 2), Ok(()));
        let halves = chain(&[(1, 2), (2, 3), (4, 5), (5, 6)]);
        assert_eq!(check(&halves, 3, 4), Err(Errno::ELOOP));
        assert_eq!(check(&halves, 2, 4), Ok(()));
    }
}
