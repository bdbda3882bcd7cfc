//! Per-CPU state, found through the GS base.
//!
//! One [`Cpu`] for each CPU, in a static array. The GS base of a CPU points at its own entry, whose first
//! word is its own address, so that one load finds it. Fields are atomics written by their own CPU only
//! (with `Relaxed`, which costs nothing more than a plain access): other CPUs may look, for reports.

use core::arch::asm;
use core::fmt;
use core::ops::{Deref, Index};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(feature = "checker")]
use lockorder::checker::HeldLocks;
use x86_64::VirtAddr;
use x86_64::registers::model_specific::GsBase;

use super::user_state::UserState;

/// The most CPUs the kernel runs on.
pub const MAXIMUM: usize = lockorder::MAXIMUM_CPUS;

/// The number of a CPU, from 0: a row of every table that has [`MAXIMUM`] of them. It does not say that the CPU runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct CpuIndex(u8);

impl CpuIndex {
    /// The CPU that the machine starts with.
    pub const FIRST: Self = Self(0);

    /// The CPU with a number; none from [`MAXIMUM`] on.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the number is below the maximum")]
    pub const fn new(number: usize) -> Option<Self> {
        const { assert!(MAXIMUM <= 256, "a number fits into a byte") };
        if number < MAXIMUM { Some(Self(number as u8)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for CpuIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The number of a CPU's local APIC, by which the firmware and interrupts know the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ApicId(u32);

impl ApicId {
    /// The controller with this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ApicId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// In the preemption count: nobody wants this CPU to switch.
pub(super) const NO_SWITCH_WANTED: u32 = 1 << 31;

/// A time that does not come.
pub(super) const NEVER: u64 = u64::MAX;

/// CPUs that have arrived, the first one included.
static ARRIVED: AtomicUsize = AtomicUsize::new(1);

/// A value on a cache line of its own, so that its writers do not take their neighbours' lines away.
#[derive(Debug)]
#[repr(align(64))]
pub struct Line<T>(T);

impl<T> Line<T> {
    /// A value on a line of its own.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Line<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// One value for each CPU, each on a line of its own, for all CPUs to look at.
#[derive(Debug)]
pub struct PerCpu<T>([Line<T>; MAXIMUM]);

impl<T> PerCpu<T> {
    /// These values, by the CPUs' numbers.
    #[must_use]
    pub const fn new(values: [Line<T>; MAXIMUM]) -> Self {
        Self(values)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|line| &line.0)
    }
}

impl<T> Index<CpuIndex> for PerCpu<T> {
    type Output = T;

    fn index(&self, index: CpuIndex) -> &T {
        &self.0[index.get()].0
    }
}

/// All CPUs that run.
pub fn all() -> impl DoubleEndedIterator<Item = CpuIndex> + Clone {
    (0..online()).filter_map(CpuIndex::new)
}

/// The CPU that has arrived last.
#[must_use]
pub fn last() -> CpuIndex {
    all().next_back().unwrap_or(CpuIndex::FIRST)
}

/// How many CPUs run.
#[must_use]
pub fn online() -> usize {
    ARRIVED.load(Ordering::Acquire)
}

/// Notes that the CPU with the next number runs.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only a CPU that has been started calls it"))]
pub(super) fn note_arrival() {
    ARRIVED.fetch_add(1, Ordering::Release);
}

/// What one CPU keeps for itself.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Cpu {
    /// Its own address, read through GS; null until [`install`].
    this: AtomicPtr<Self>,
    /// How often interrupts are counted off.
    pub(super) interrupts_off: AtomicU32,
    /// How often preemption is counted off, and in the highest bit that nobody wants a switch.
    pub(super) preemption_off: AtomicU32,
    /// The interrupt flag to restore when `interrupts_off` returns to 0.
    pub(super) interrupt_flag: AtomicBool,
    /// Where it was when it was stopped; 0 while it runs.
    stopped_at: AtomicU64,
    /// The thread that runs here, as the scheduler knows it; null before there is one.
    thread: AtomicPtr<()>,
    /// The top of the stack that its interrupts run on; 0 before there is one.
    pub(super) interrupt_stack: AtomicU64,
    /// When its timer interrupts it, in nanoseconds since boot, or earlier; [`NEVER`] where it does not.
    pub(super) timer_due: AtomicU64,
    /// Whether its timer can interrupt it.
    timer_ready: AtomicBool,
    /// The local APIC's number.
    apic_id: AtomicU32,
    /// The CPU's number, its place in the array.
    index: AtomicU8,
    /// What it keeps about user mode.
    pub(super) user: UserState,
    /// What the thread that runs here holds, for the run-time checker.
    #[cfg(feature = "checker")]
    held_locks: AtomicPtr<HeldLocks>,
}

/// What each CPU holds before it has threads.
#[cfg(feature = "checker")]
static EARLY_HELD_LOCKS: [HeldLocks; MAXIMUM] = [const { HeldLocks::new() }; MAXIMUM];

/// All CPUs, by number. Each entry is written by its own CPU.
static CPUS: [Cpu; MAXIMUM] = [const { Cpu::new() }; MAXIMUM];

impl Cpu {
    /// A CPU as it starts: interrupts off, counted once; they are enabled when the count returns to 0.
    const fn new() -> Self {
        Self {
            this: AtomicPtr::new(core::ptr::null_mut()),
            interrupts_off: AtomicU32::new(1),
            preemption_off: AtomicU32::new(NO_SWITCH_WANTED),
            interrupt_flag: AtomicBool::new(true),
            stopped_at: AtomicU64::new(0),
            thread: AtomicPtr::new(core::ptr::null_mut()),
            interrupt_stack: AtomicU64::new(0),
            timer_due: AtomicU64::new(NEVER),
            timer_ready: AtomicBool::new(false),
            apic_id: AtomicU32::new(0),
            index: AtomicU8::new(0),
            user: UserState::new(),
            #[cfg(feature = "checker")]
            held_locks: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// The CPU's number.
    #[must_use]
    pub fn index(&self) -> CpuIndex {
        CpuIndex(self.index.load(Ordering::Relaxed))
    }

    /// The instruction at which it was stopped, if it was.
    #[must_use]
    pub fn stopped_at(&self) -> Option<u64> {
        Some(self.stopped_at.load(Ordering::Acquire)).filter(|&place| place != 0)
    }

    /// The number of its local APIC.
    #[must_use]
    pub fn apic_id(&self) -> ApicId {
        ApicId(self.apic_id.load(Ordering::Relaxed))
    }
}

/// The CPU with this number. It means something once that CPU has arrived.
#[must_use]
pub fn numbered(index: CpuIndex) -> &'static Cpu {
    &CPUS[index.get()]
}

/// The CPU this runs on. Stays true only while the thread cannot move: preemption or interrupts off.
#[must_use]
pub fn current() -> &'static Cpu {
    let this: *const Cpu;
    // SAFETY: `install` has pointed the GS base at a static `Cpu` whose first word is its own address.
    unsafe {
        asm!("mov {}, gs:[0]", out(reg) this, options(nostack, preserves_flags, readonly));
        &*this
    }
}

/// Makes this CPU number `index`. The first thing a CPU does.
///
/// # Safety
///
/// Called once by each CPU, with a number of its own, before anything counts interrupts on it.
pub unsafe fn install(index: CpuIndex, apic_id: ApicId) {
    let cpu = &CPUS[index.get()];
    cpu.this.store(core::ptr::from_ref(cpu).cast_mut(), Ordering::Relaxed);
    cpu.apic_id.store(apic_id.0, Ordering::Relaxed);
    cpu.index.store(index.0, Ordering::Relaxed);
    #[cfg(feature = "checker")]
    cpu.held_locks.store(core::ptr::from_ref(&EARLY_HELD_LOCKS[index.get()]).cast_mut(), Ordering::Relaxed);
    GsBase::write(VirtAddr::from_ptr(cpu));
}

/// What the thread that runs here holds.
#[cfg(feature = "checker")]
#[must_use]
pub fn held_locks() -> *const HeldLocks {
    let held: *const HeldLocks;
    // One instruction: the thread may be moved before it or after it, but what it reads is the thread's own.
    // SAFETY: the GS base points at this CPU's `Cpu`.
    unsafe {
        asm!(
            "mov {held}, gs:[{offset}]",
            held = out(reg) held,
            offset = const core::mem::offset_of!(Cpu, held_locks),
            options(nostack, preserves_flags, readonly)
        );
    }
    held
}

/// Sets what the thread that runs here from now on holds; interrupts are off.
///
/// # Safety
///
/// It stays alive until another one is set on this CPU.
#[cfg(feature = "checker")]
pub unsafe fn set_held_locks(held: &HeldLocks) {
    current().held_locks.store(core::ptr::from_ref(held).cast_mut(), Ordering::Relaxed);
}

/// Notes the number of this CPU's local APIC, once it can be asked.
pub fn set_apic_id(apic_id: ApicId) {
    current().apic_id.store(apic_id.0, Ordering::Release);
}

/// The thread that runs here, as the scheduler has set it; null before it has.
#[must_use]
pub fn thread() -> *const () {
    let thread: *const ();
    // One instruction: the thread may be moved before it or after it, but what it reads is the thread's own.
    // SAFETY: the GS base points at this CPU's `Cpu`.
    unsafe {
        asm!(
            "mov {thread}, gs:[{offset}]",
            thread = out(reg) thread,
            offset = const core::mem::offset_of!(Cpu, thread),
            options(nostack, preserves_flags, readonly)
        );
    }
    thread
}

/// Sets the thread that runs here from now on; interrupts are off.
///
/// # Safety
///
/// It is of the type that the scheduler reads it as, and stays alive until another one is set on this CPU.
pub unsafe fn set_thread(thread: *const ()) {
    current().thread.store(thread.cast_mut(), Ordering::Relaxed);
}

/// Sets the top of the stack that this CPU's interrupts run on.
pub(super) fn set_interrupt_stack(top: VirtAddr) {
    current().interrupt_stack.store(top.as_u64(), Ordering::Relaxed);
}

/// Notes that this CPU's timer can interrupt it from here on.
pub(super) fn set_timer_ready() {
    current().timer_ready.store(true, Ordering::Relaxed);
}

/// Whether this CPU's timer can interrupt it.
pub(super) fn is_timer_ready() -> bool {
    current().timer_ready.load(Ordering::Relaxed)
}

/// Whether a hypervisor runs this machine, so that a CPU may stand still while others run.
#[must_use]
pub fn hypervisor_present() -> bool {
    static PRESENT: spin::Once<bool> = spin::Once::new();
    // Bit 31 of ECX of leaf 1 is kept for hypervisors to say so.
    *PRESENT.call_once(|| core::arch::x86_64::__cpuid(1).ecx >> 31 & 1 == 1)
}

/// Stops this CPU for ever, leaving behind where it was.
pub(super) fn stop_at(place: u64) -> ! {
    current().stopped_at.store(place, Ordering::Release);
    halt()
}

/// Stops this CPU for ever, interrupts off.
pub fn halt() -> ! {
    x86_64::instructions::interrupts::disable();
    loop {
        x86_64::instructions::hlt();
    }
}
