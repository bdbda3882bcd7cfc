//! Address spaces without programs: threads of the kernel's take them, and touch them as a system call would.
//!
//! What processes rely on: memory that is there when it is touched and gone when it is unmapped, files that are seen and
//! not changed by who has them for himself, children that have what their parents had and write to their own; each refused access
//! told by its kind, each reference closed once, and every page back in the end.

mod families;
mod files;
mod mappings;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use abi::general::{MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE};
use base::sched::{self, reaper};
use base::user::{self, Access, UserAddress, UserSlice};
use base::{mm, println};
use lockorder::{Root, Task};
use memory::{AddressSpace, Layout, Limits, Randomness, Refusal, Request};

use super::FAILED;

/// What a check gives: what is wrong.
type Checked = Result<(), String>;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Reading and writing.
const READ_WRITE: u32 = PROT_READ | PROT_WRITE;

/// A space with nothing in it.
fn empty(limits: &Limits) -> Result<Arc<AddressSpace>, String> {
    let layout = Layout::new(limits.stack, Randomness::default());
    AddressSpace::new(layout, limits).map_err(|error| format!("no space: {error}"))
}

/// Runs a check with a space as this thread's own.
fn with_space<O>(
    held: &mut Root<'_, Task>,
    space: &Arc<AddressSpace>,
    check: impl FnOnce(&mut Root<'_, Task>) -> O,
) -> O {
    user::set_space(held, Some(Arc::clone(space) as Arc<dyn user::Space>));
    let output = check(held);
    user::set_space(held, None);
    output
}

/// A request for zeros, `pages` of them, anywhere.
fn zeros(pages: u64) -> Request {
    Request { at: 0, length: pages * PAGE, protection: READ_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS }
}

/// Maps what is asked for.
fn map(held: &mut Root<'_, Task>, space: &Arc<AddressSpace>, request: &Request) -> Result<u64, String> {
    space.map(held, request, None).map_err(|error| format!("{request:x?} cannot be mapped: {error}"))
}

/// Writes a number to user memory of the current thread's.
fn store(held: &mut Root<'_, Task>, at: u64, number: u64) -> Checked {
    let to = UserSlice::new(at, 8).map_err(|_| "no user's address")?;
    user::copy_out(held, to, &number.to_le_bytes()).map_err(|_| format!("{at:#x} cannot be written to"))
}

/// Reads a number from user memory of the current thread's.
fn load(held: &mut Root<'_, Task>, at: u64) -> Result<u64, String> {
    let from = UserSlice::new(at, 8).map_err(|_| "no user's address")?;
    let mut bytes = [0; 8];
    user::copy_in(held, from, &mut bytes).map_err(|_| format!("{at:#x} cannot be read"))?;
    Ok(u64::from_le_bytes(bytes))
}

/// That user memory has a number.
fn expect(held: &mut Root<'_, Task>, at: u64, number: u64) -> Checked {
    match load(held, at)? {
        found if found == number => Ok(()),
        found => Err(format!("{at:#x} has {found:#x} and not {number:#x}")),
    }
}

/// That an access is refused, and how.
fn refused(
    held: &mut Root<'_, Task>,
    space: &AddressSpace,
    at: u64,
    access: Access,
    refusal: Refusal,
) -> Checked {
    match space.resolve(held, UserAddress::new(at), access) {
        Err(found) if found == refusal => Ok(()),
        found => Err(format!("{access:?} at {at:#x} gives {found:?} and not {refusal:?}")),
    }
}

/// That two things are the same.
#[allow(clippy::needless_pass_by_value, reason = "what is wanted is written where it is checked")]
fn same<T: PartialEq + core::fmt::Debug>(found: T, wanted: T, what: &str) -> Checked {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:x?} and not {wanted:x?}")) }
}

/// Frames that are free when nobody has anything to give back.
fn settled(held: &mut Root<'_, Task>) -> u64 {
    reaper::settle(held);
    sched::sleep(held, Duration::from_millis(100));
    reaper::settle(held);
    mm::available_frames()
}

/// Runs the checks, and looks for what they have left.
pub(crate) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let mut before = 0;
    let result = (0..2).try_for_each(|round| {
        mappings::run(&mut held)?;
        files::run(&mut held)?;
        families::run(&mut held)?;
        let now = settled(&mut held);
        if round > 0 && now + 8 < before {
            return Err(format!("{} frames are gone", before - now));
        }
        before = now;
        Ok(())
    });
    match result {
        Ok(()) => {
            println!("spaces: ok");
            0
        }
        Err(wrong) => {
            println!("spaces: {wrong}");
            FAILED
        }
    }
}
