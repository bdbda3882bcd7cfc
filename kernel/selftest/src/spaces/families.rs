//! Parents and children, on all CPUs at once: each writes to its own, and what is shared is one.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::general::{MADV_DONTFORK, MADV_WIPEONFORK, MAP_ANONYMOUS, MAP_SHARED};
use base::sched::{self, Placement};
use base::user::{self, Access, UserAddress};
use lockorder::{Root, Task};
use memory::{AddressSpace, Limits, Refusal, Request};

use super::{Checked, PAGE, READ_WRITE, empty, expect, map, refused, same, store, with_space, zeros};

/// Pages that each member of a family writes to.
const PAGES: u64 = 24;
/// How many generations there are.
const GENERATIONS: u64 = 4;
/// How often each adds to what all share.
const ROUNDS: u32 = 50;

/// Runs the checks of this file.
pub(super) fn run(held: &mut Root<'_, Task>) -> Checked {
    families_write_to_their_own(held)?;
    sole_owners_copy_nothing(held)?;
    threads_change_one_space(held)?;
    advice_is_taken(held)
}

/// Adds one to a word that others add to as well.
fn add(held: &mut Root<'_, Task>, at: u64) -> Checked {
    let word = UserAddress::new(at);
    let slice = user::UserSlice::new(at, 4).map_err(|_| "no user's address")?;
    loop {
        user::fault_in(held, slice, Access::Write).map_err(|_| "the shared word is not there")?;
        let Ok(had) = user::try_load_u32(word) else { continue };
        match user::try_compare_exchange_u32(word, had, had.wrapping_add(1)) {
            Ok(found) if found == had => return Ok(()),
            Ok(_) | Err(_) => {}
        }
    }
}

/// One member: checks what it has from its parent, writes its own, has two children, and has what it had in the end.
fn member(
    held: &mut Root<'_, Task>,
    space: &Arc<AddressSpace>,
    [private, shared]: [u64; 2],
    [name, generation]: [u64; 2],
) -> Result<u64, String> {
    let parent = name / 2;
    with_space(held, space, |held| {
        for page in 0..PAGES {
            expect(held, private + page * PAGE, if page % 3 == 0 { 1 } else { parent })?;
        }
        for page in (0..PAGES).filter(|page| page % 3 != 0) {
            store(held, private + page * PAGE, name)?;
        }
        let mut children = Vec::new();
        if generation < GENERATIONS {
            for child in [2 * name, 2 * name + 1] {
                let forked = space.fork(held).map_err(|error| format!("no child: {error}"))?;
                children.push(sched::spawn("child", Placement::default(), move |held| {
                    let mut held = held;
                    member(&mut held, &forked, [private, shared], [child, generation + 1])
                }));
            }
        }
        for _ in 0..ROUNDS {
            add(held, shared)?;
        }
        let mut members = 1;
        for child in children {
            members += child.join(held)?;
        }
        for page in 0..PAGES {
            expect(held, private + page * PAGE, if page % 3 == 0 { 1 } else { name })?;
        }
        Ok(members)
    })
}

/// A family of four generations, on all CPUs.
fn families_write_to_their_own(held: &mut Root<'_, Task>) -> Checked {
    let space = empty(&Limits::default())?;
    let private = map(held, &space, &zeros(PAGES))?;
    let shared = Request { flags: MAP_SHARED | MAP_ANONYMOUS, ..zeros(2) };
    let shared = map(held, &space, &shared)?;
    let word = shared + PAGE;
    with_space(held, &space, |held| {
        (0..PAGES).try_for_each(|page| store(held, private + page * PAGE, u64::from(page % 3 == 0)))
    })?;
    let members = member(held, &space, [private, word], [1, 1])?;
    same(members, (1 << GENERATIONS) - 1, "members")?;
    with_space(held, &space, |held| expect(held, word, members * u64::from(ROUNDS)))
}

/// Who is alone with its pages again writes to them without a copy.
fn sole_owners_copy_nothing(held: &mut Root<'_, Task>) -> Checked {
    let space = empty(&Limits::default())?;
    let at = map(held, &space, &zeros(4))?;
    with_space(held, &space, |held| {
        store(held, at, 3)?;
        let word = UserAddress::new(at);
        let number = |held: &mut Root<'_, Task>| {
            user::Space::tables(&*space).get(held, word).map(|mapped| mapped.page.number())
        };
        let before = number(held);
        let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
        same(
            user::try_compare_exchange_u32(word, 3, 4).is_err(),
            true,
            "a page that is to be copied is guarded",
        )?;
        child.clear(held);
        store(held, at, 5)?;
        same(number(held), before, "the page of who is alone with it")?;
        let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
        store(held, at, 6)?;
        same(number(held) == before, false, "the page is copied")?;
        let mut bytes = [0; 8];
        child.read(held, at, &mut bytes).map_err(|error| format!("{error}"))?;
        same(u64::from_le_bytes(bytes), 5, "what the child has")
    })
}

/// Threads of one space map, touch, fork and unmap at once.
fn threads_change_one_space(held: &mut Root<'_, Task>) -> Checked {
    let space = empty(&Limits::default())?;
    let common = map(held, &space, &zeros(8))?;
    let mut threads = Vec::new();
    for number in 0..base::cpu::online() as u64 * 2 {
        let space = Arc::clone(&space);
        threads.push(sched::spawn("mapper", Placement::default(), move |held| {
            let mut held = held;
            with_space(&mut held, &space, |held| {
                for round in 0..40_u64 {
                    let at = map(held, &space, &zeros(1 + (number + round) % 7))?;
                    store(held, at, number << 32 | round)?;
                    if (number + round) % 8 == 0 {
                        let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
                        child.write(held, at, &[9; 8]).map_err(|error| format!("{error}"))?;
                    }
                    add(held, common + number % 8 * PAGE)?;
                    space.protect(held, at, PAGE, READ_WRITE).map_err(|error| format!("{error}"))?;
                    expect(held, at, number << 32 | round)?;
                    space
                        .unmap(held, at, (1 + (number + round) % 7) * PAGE)
                        .map_err(|error| format!("{error}"))?;
                }
                Ok::<(), String>(())
            })
        }));
    }
    let count = threads.len() as u64;
    threads.into_iter().try_for_each(|thread| thread.join(held))?;
    let mut sum = 0;
    with_space(held, &space, |held| {
        for page in 0..8 {
            sum += super::load(held, common + page * PAGE)?;
        }
        same(sum, count * 40, "what all have added")?;
        same(space.sizes(held).total, 8, "pages that are left")
    })
}

/// A child has not what its parent wants it not to have.
fn advice_is_taken(held: &mut Root<'_, Task>) -> Checked {
    let space = empty(&Limits::default())?;
    let at = map(held, &space, &zeros(3))?;
    space.write(held, at, &[1; 12288]).map_err(|error| format!("{error}"))?;
    for (page, advice) in [(0, MADV_DONTFORK), (1, MADV_WIPEONFORK)] {
        space.advise(held, at + page * PAGE, PAGE, advice).map_err(|error| format!("{error}"))?;
    }
    let child = space.fork(held).map_err(|error| format!("no child: {error}"))?;
    refused(held, &child, at, Access::Read, Refusal::Unmapped)?;
    for (page, byte) in [(1, 0), (2, 1)] {
        let mut bytes = [7; 2];
        child.read(held, at + page * PAGE, &mut bytes).map_err(|error| format!("{error}"))?;
        same(bytes, [byte; 2], "what the child has")?;
    }
    Ok(())
}
