//! User mode without programs: a few instructions in a page, run by threads of the kernel's.
//!
//! The address space is the simplest that there is: a page of zeros wherever one is touched below [`FILLED`]. It shows what the
//! processes above rely on: registers and floating point that survive the kernel and other threads, faults that are resolved
//! or refused, copies that any address may be given to, and pages that are all back in the end.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use base::mm::page::Page;
use base::mm::user_tables::{MapError, Protection, UserTables};
use base::sched::thread::CpuSet;
use base::sched::{self, Placement, reaper};
use base::time::Instant;
use base::user::{
    self, Access, AddressSpace, Exit, Fault, Space, USER_END, UserAddress, UserContext, UserSlice,
};
use base::{mm, println};
use lockorder::{AnythingOutside, Held, Root, Task};

use super::FAILED;

/// Where the code is.
const CODE: u64 = 0x40_0000;
/// The end of what is filled with zeros.
pub(crate) const FILLED: u64 = 0x4000_0000;
/// Where the code counts.
const COUNTER: u64 = 0x1234_5678;

/// Counts at [`COUNTER`], in memory and in xmm0, for ever; every 2^20 rounds it asks for system call 39 with the count.
const COUNTING: [u8; 41] = [
    0x31, 0xdb, // xor ebx, ebx
    0x66, 0x0f, 0xef, 0xc0, // pxor xmm0, xmm0
    0xbd, 0x01, 0x00, 0x00, 0x00, // mov ebp, 1
    0x66, 0x48, 0x0f, 0x6e, 0xcd, // movq xmm1, rbp
    0x48, 0xff, 0xc3, // next: inc rbx
    0x66, 0x0f, 0xd4, 0xc1, // paddq xmm0, xmm1
    0xf7, 0xc3, 0xff, 0xff, 0x0f, 0x00, // test ebx, 0xfffff
    0x75, 0xf1, // jne next
    0xb8, 0x27, 0x00, 0x00, 0x00, // mov eax, 39
    0x0f, 0x05, // syscall
    0xeb, 0xe8, // jmp next
    0x90,
];

/// Stores eax where rdi points, then runs what is no instruction.
const STORING: [u8; 4] = [0x89, 0x07, 0x0f, 0x0b];

/// Counts where rdi points, for ever.
const INCREASING: [u8; 4] = [0xff, 0x07, 0xeb, 0xfc];

/// A space that has zeros below an address.
pub(crate) struct Zeros {
    tables: UserTables,
    faults: AtomicU64,
}

impl Zeros {
    /// A space with `code`.
    pub(crate) fn with(code: &[u8]) -> Option<Arc<Self>> {
        let tables = UserTables::new().ok()?;
        let page = Page::zeroed().ok()?;
        page.write(0, code);
        tables.map(UserAddress::new(CODE), page, Protection::READ | Protection::EXECUTE).ok()?;
        Some(Arc::new(Self { tables, faults: AtomicU64::new(0) }))
    }
}

impl Space for Zeros {
    fn tables(&self) -> &UserTables {
        &self.tables
    }

    fn fault(
        &self,
        _held: &mut Held<'_, AnythingOutside<AddressSpace>, Task>,
        at: UserAddress,
        access: Access,
    ) -> Result<(), Fault> {
        self.faults.fetch_add(1, Ordering::Relaxed);
        if at.get() >= FILLED || at.page().get() == CODE && access == Access::Write {
            return Err(Fault);
        }
        let page = Page::zeroed().map_err(|_| Fault)?;
        match self.tables.map(at, page, Protection::READ | Protection::WRITE) {
            Ok(()) | Err(MapError::Taken) => Ok(()),
            Err(MapError::NoMemory) => Err(Fault),
        }
    }
}

/// Counts in user mode for some system calls; gives what is wrong.
fn count(held: &mut Root<'_, Task>, until: Instant) -> Result<u64, String> {
    let space = Zeros::with(&COUNTING).ok_or("no memory")?;
    user::set_space(held, Some(space));
    let mut context = UserContext::new().map_err(|_| "no memory")?;
    context.registers.rip = CODE;
    let mut calls = 0;
    while Instant::now() < until || calls < 3 {
        match context.run(held, || false) {
            Exit::SystemCall => {
                calls += 1;
                let counted = context.registers.rbx;
                let bytes = context.floating_point();
                let vector = u64::from_le_bytes(bytes[160..168].try_into().unwrap_or_default());
                if (context.registers.rax, counted, vector) != (39, calls << 20, calls << 20) {
                    return Err(format!("call {calls} has {:?}, vector {vector}", context.registers));
                }
            }
            Exit::Interrupted => {}
            other => return Err(format!("left user mode by {other:?} at {:?}", context.registers)),
        }
    }
    drop(context);
    user::set_space(held, None);
    Ok(calls)
}

/// Two threads for each CPU count at once: nobody's registers are another's.
fn registers_are_ones_own(held: &mut Root<'_, Task>) -> Result<(), String> {
    let until = Instant::now() + Duration::from_millis(500);
    let mut threads = Vec::new();
    for _ in 0..base::cpu::online() * 2 {
        threads.push(sched::spawn("counting", Placement::default(), move |held| {
            let mut held = held;
            count(&mut held, until)
        }));
    }
    threads.into_iter().try_for_each(|thread| thread.join(held).map(|_| ()))
}

/// What is touched is filled, or refused.
fn faults_are_resolved_or_refused(held: &mut Root<'_, Task>) -> Result<(), String> {
    let space = Zeros::with(&STORING).ok_or("no memory")?;
    user::set_space(held, Some(Arc::clone(&space) as Arc<dyn Space>));
    let mut context = UserContext::new().map_err(|_| "no memory")?;
    let mut store = |held: &mut Root<'_, Task>, to: u64| {
        context.registers = user::Registers { rip: CODE, rdi: to, rax: 0x5eed, ..Default::default() };
        loop {
            match context.run(held, || false) {
                Exit::Interrupted => {}
                Exit::Fault { at, access } => {
                    let mut below = held.below::<AddressSpace>();
                    if space.fault(&mut below, at, access).is_err() {
                        return Exit::Fault { at, access };
                    }
                }
                other => return other,
            }
        }
    };
    let stored = store(held, COUNTER);
    if stored != (Exit::Exception { vector: 6, error: 0 }) {
        return Err(format!("storing ended by {stored:?}"));
    }
    for wrong in [FILLED, CODE, 0xffff_8000_0010_0000, USER_END] {
        let refused = store(held, wrong);
        if refused != (Exit::Fault { at: UserAddress::new(wrong), access: Access::Write }) {
            return Err(format!("storing at {wrong:#x} ended by {refused:?}"));
        }
    }
    let mut bytes = [0; 4];
    let slice = |at, len| UserSlice::new(at, len).map_err(|_| "no range of a user's");
    user::copy_in(held, slice(COUNTER, 4)?, &mut bytes).map_err(|_| "the word is not there")?;
    if u32::from_le_bytes(bytes) != 0x5eed {
        return Err(format!("the word is {bytes:?}"));
    }
    copies_take_any_address(held)?;
    drop(context);
    user::set_space(held, None);
    Ok(())
}

/// Copies go on across pages that are not there yet, and stop at those that are not to be.
fn copies_take_any_address(held: &mut Root<'_, Task>) -> Result<(), String> {
    let slice = |at, len| UserSlice::new(at, len).map_err(|_| "no range of a user's");
    let text: [u8; 2003] = core::array::from_fn(|place| place.to_le_bytes()[0] ^ 0x5a);
    for start in [0x5000_u64, 0x5ffd, 0x6ff9, 0x7fff] {
        let mut back = [0; 2003];
        let range = slice(start * 16 + 5, text.len())?;
        if user::try_copy_out(range, &text).is_ok() {
            return Err(format!("what is not there was copied to, at {start:#x}"));
        }
        user::copy_out(held, range, &text).map_err(|_| "cannot be copied to")?;
        user::try_copy_in(range, &mut back).map_err(|_| "is not there after a copy")?;
        if back != text {
            return Err(format!("other bytes came back from {start:#x}"));
        }
    }
    let across = slice(FILLED - 10, 20)?;
    if user::copy_out(held, across, &text[..20]).is_ok() || user::clear(held, across).is_ok() {
        return Err("a copy went beyond what there is".into());
    }
    let word = UserAddress::new(COUNTER);
    let had = user::try_compare_exchange_u32(word, 0x5eed, 7).map_err(|_| "no word")?;
    let now = user::try_load_u32(word).map_err(|_| "no word")?;
    if (had, now) != (0x5eed, 7) {
        return Err(format!("the word was {had:#x} and is {now:#x}"));
    }
    if user::try_load_u32(UserAddress::new(FILLED)).is_ok() {
        return Err("a word is there that is not".into());
    }
    Ok(())
}

/// Pages go when they are unmapped, everywhere, and what is shared is copied or not as asked.
fn pages_go_and_are_shared(held: &mut Root<'_, Task>) -> Result<(), String> {
    let space = Zeros::with(&STORING).ok_or("no memory")?;
    user::set_space(held, Some(Arc::clone(&space) as Arc<dyn Space>));
    let range = UserSlice::new(0x10_0000, 64 * 4096).map_err(|_| "no range")?;
    user::fault_in(held, range, Access::Write).map_err(|_| "no memory")?;
    let child = UserTables::new().map_err(|_| "no memory")?;
    space.tables.share_with(held, &child, [range.range()], true).map_err(|_| "no memory")?;
    if user::try_copy_out(range.take(4), &[1; 4]).is_ok() {
        return Err("a page that is to be copied on a write was written to".into());
    }
    let shared = space.tables.get(held, range.start()).ok_or("nothing is mapped")?;
    if !shared.page.is_shared() || shared.protection != Protection::READ {
        return Err(format!("{shared:?} is not shared for reading"));
    }
    let copy = shared.page.copied().map_err(|_| "no memory")?;
    space
        .tables
        .replace(held, range.start(), copy, Protection::READ | Protection::WRITE)
        .map_err(|_| "no memory")?;
    user::try_copy_out(range.take(4), &[1; 4]).map_err(|_| "the copy cannot be written to")?;
    space.tables.protect(held, range.range(), Protection::empty());
    if user::try_copy_in(range.take(4), &mut [0; 4]).is_ok() {
        return Err("a page that is not to be touched was read".into());
    }
    let taken = space.tables.unmap(held, range.range());
    if (taken, child.mapped_pages(), space.tables.mapped_pages()) != (64, 64, 1) {
        return Err(format!("{taken} pages were taken away, {} stay", space.tables.mapped_pages()));
    }
    user::set_space(held, None);
    Ok(())
}

/// Counts in user mode, in a space that others have too, until told to stop.
fn increase(held: &mut Root<'_, Task>, space: &Arc<Zeros>, stop: &AtomicBool) -> Result<(), String> {
    user::set_space(held, Some(Arc::clone(space) as Arc<dyn Space>));
    let mut context = UserContext::new().map_err(|_| "no memory")?;
    context.registers.rip = CODE;
    context.registers.rdi = COUNTER & !3;
    while !stop.load(Ordering::Relaxed) {
        match context.run(held, || false) {
            Exit::Interrupted => {}
            Exit::Fault { at, access } => {
                let mut below = held.below::<AddressSpace>();
                space.fault(&mut below, at, access).map_err(|_| "no memory")?;
            }
            other => return Err(format!("left user mode by {other:?}")),
        }
    }
    Ok(())
}

/// A page that is taken away is taken away from every CPU that writes to it.
fn no_cpu_keeps_what_was_taken_away(held: &mut Root<'_, Task>) -> Result<(), String> {
    let space = Zeros::with(&INCREASING).ok_or("no memory")?;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = base::cpu::all()
        .map(|cpu| {
            let (space, stop) = (Arc::clone(&space), Arc::clone(&stop));
            sched::spawn(
                "increasing",
                Placement { allowed: CpuSet::only(cpu), ..Placement::default() },
                move |held| {
                    let mut held = held;
                    increase(&mut held, &space, &stop)
                },
            )
        })
        .collect();
    let word = UserAddress::new(COUNTER & !3);
    let count = |page: &Page| {
        let mut bytes = [0; 4];
        page.read(word.offset(), &mut bytes);
        u32::from_le_bytes(bytes)
    };
    let (until, mut taken) = (Instant::now() + Duration::from_secs(5), 0);
    let mut result = Ok(());
    while taken < 40 && Instant::now() < until && result.is_ok() {
        sched::sleep(held, Duration::from_millis(1));
        let Some(mapped) = space.tables.get(held, word) else { continue };
        space.tables.unmap(held, UserSlice::new(word.get(), 4).map_err(|_| "no range")?.range());
        let before = count(&mapped.page);
        sched::sleep(held, Duration::from_micros(200));
        let after = count(&mapped.page);
        if before != after {
            result = Err(format!("a page that was taken away went from {before} to {after}"));
        }
        taken += u32::from(before > 0);
    }
    stop.store(true, Ordering::Relaxed);
    writers.into_iter().try_for_each(|writer| writer.join(held))?;
    result?;
    if taken == 0 { Err("nobody wrote to a page before it was taken away".into()) } else { Ok(()) }
}

/// Runs the checks, and looks for what they have left.
pub(crate) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let settled = |held: &mut Root<'_, Task>| {
        reaper::settle(held);
        sched::sleep(held, Duration::from_millis(100));
        reaper::settle(held);
        mm::available_frames()
    };
    let mut before = 0;
    let result = (0..2).try_for_each(|round| {
        registers_are_ones_own(&mut held)?;
        faults_are_resolved_or_refused(&mut held)?;
        pages_go_and_are_shared(&mut held)?;
        no_cpu_keeps_what_was_taken_away(&mut held)?;
        let now = settled(&mut held);
        if round > 0 && now + 8 < before {
            return Err(format!("{} frames are gone", before - now));
        }
        before = now;
        Ok(())
    });
    match result {
        Ok(()) => {
            println!("user: ok");
            0
        }
        Err(wrong) => {
            println!("user: {wrong}");
            FAILED
        }
    }
}
