//! Running user code.
//!
//! The kernel's side of a user thread is a thread of the kernel's that loops: it runs its [`UserContext`], which returns when it has
//! left user mode, deals with the reason, and runs it again. In between it holds nothing, which its root shows. An interrupt is
//! dealt with in here; it returns as well, so that whoever posts a signal need only interrupt.

use alloc::boxed::Box;

use lockorder::{Root, Task};
use machine::interrupts::InterruptsOff;
use machine::paging::NoMemory;
use machine::traps;
pub use machine::user::Registers;
use machine::user::{self, FloatingPoint, NoUserCode, SYSTEM_CALL};
use x86_64::registers::control::Cr2;

use super::address::{USER_END, UserAddress};
use super::space::Access;
use crate::mm::fallible::try_box;
use crate::sched::core::current;

/// Vector of the page fault.
const PAGE_FAULT: u64 = 14;
/// The first vector that is no exception.
const INTERRUPTS: u64 = 32;

/// Why a context has left user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It asks for a system call: its number is in rax, its arguments in rdi, rsi, rdx, r10, r8, r9.
    SystemCall,
    /// It has touched memory that is not there, or not for this.
    Fault {
        /// Where.
        at: UserAddress,
        /// How.
        access: Access,
    },
    /// It has raised another exception.
    Exception {
        /// Which.
        vector: u8,
        /// What the CPU says of it; 0 where it says nothing.
        error: u64,
    },
    /// It was interrupted, which has been dealt with.
    Interrupted,
}

/// What one thread has in user mode: its registers.
#[derive(Debug)]
pub struct UserContext {
    /// The general registers.
    pub registers: Registers,
    fs_base: u64,
    gs_base: u64,
    /// The others. In a place of its own, to which a CPU points while it has them.
    floating_point: Box<FloatingPoint>,
}

/// The address does not belong to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUsers;

impl UserContext {
    /// A context whose registers are zeros, and whose floating-point state is what a program starts with.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for it.
    pub fn new() -> Result<Self, NoMemory> {
        let floating_point = try_box(FloatingPoint::default())?;
        Ok(Self { registers: Registers::default(), fs_base: 0, gs_base: 0, floating_point })
    }

    /// A context that goes on as this one would: for a thread's child.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for it.
    pub fn try_clone(&self) -> Result<Self, NoMemory> {
        let floating_point = try_box(FloatingPoint(self.floating_point()))?;
        Ok(Self {
            registers: self.registers.clone(),
            fs_base: self.fs_base,
            gs_base: self.gs_base,
            floating_point,
        })
    }

    /// The base of segment FS: where a thread's own data is.
    #[must_use]
    pub const fn fs_base(&self) -> u64 {
        self.fs_base
    }

    /// The base of segment GS.
    #[must_use]
    pub const fn gs_base(&self) -> u64 {
        self.gs_base
    }

    /// Sets the base of segment FS.
    ///
    /// # Errors
    ///
    /// [`NotUsers`] for an address that is not a user's.
    pub const fn set_fs_base(&mut self, base: u64) -> Result<(), NotUsers> {
        if base >= USER_END {
            return Err(NotUsers);
        }
        self.fs_base = base;
        Ok(())
    }

    /// Sets the base of segment GS.
    ///
    /// # Errors
    ///
    /// [`NotUsers`] for an address that is not a user's: the kernel tells its own base from a user's by that.
    pub const fn set_gs_base(&mut self, base: u64) -> Result<(), NotUsers> {
        if base >= USER_END {
            return Err(NotUsers);
        }
        self.gs_base = base;
        Ok(())
    }

    /// The floating-point state, as `fxsave64` writes it.
    #[must_use]
    pub fn floating_point(&self) -> [u8; 512] {
        let off = InterruptsOff::new();
        // It may be in the registers still: this thread has not been switched from.
        user::save_floating_point();
        drop(off);
        self.floating_point.0
    }

    /// Sets the floating-point state.
    pub fn set_floating_point(&mut self, bytes: &[u8; 512]) {
        self.forget();
        self.floating_point.0 = *bytes;
        self.floating_point.sanitize();
    }

    /// Makes it a context that begins: zeros in all registers, and what a program starts with.
    pub fn reset(&mut self) {
        self.forget();
        *self.floating_point = FloatingPoint::default();
        self.registers = Registers::default();
        self.fs_base = 0;
        self.gs_base = 0;
    }

    /// Ends the hold of this CPU's registers on the state.
    fn forget(&mut self) {
        let off = InterruptsOff::new();
        user::forget_floating_point(&raw mut *self.floating_point);
        drop(off);
    }

    /// Runs it in user mode, in the current thread's address space, until it leaves.
    ///
    /// `look` is asked right before, with interrupts off: where it gives true the context does not run. So whoever posts something to
    /// a thread, and interrupts it then, is seen before user mode or ends it. It reads atomics and acquires nothing.
    ///
    /// What is wrong with its registers is a fault or an exception of its own: flags that are not a user's are not set.
    ///
    /// # Panics
    ///
    /// When the current thread has no address space.
    pub fn run(&mut self, _held: &mut Root<'_, Task>, look: impl FnOnce() -> bool) -> Exit {
        assert!(current().has_space(), "user code runs in an address space");
        let floating_point = &raw mut *self.floating_point;
        let off = InterruptsOff::new();
        if look() {
            drop(off);
            return Exit::Interrupted;
        }
        // SAFETY: interrupts are counted off once; the thread's space is loaded wherever it runs; the state stays in its box until
        // `forget` is called, by whatever ends it; and nothing is held, as the root shows.
        let ran = unsafe { user::enter(&mut self.registers, floating_point, (self.fs_base, self.gs_base)) };
        if ran == Err(NoUserCode) {
            drop(off);
            self.registers.vector = PAGE_FAULT;
            return Exit::Fault { at: UserAddress::new(self.registers.rip), access: Access::Execute };
        }
        let (vector, error) = (self.registers.vector, self.registers.error);
        match vector {
            SYSTEM_CALL => {
                drop(off);
                Exit::SystemCall
            }
            PAGE_FAULT => {
                // Before another fault is taken.
                let at = UserAddress::new(Cr2::read_raw());
                drop(off);
                let access = match error {
                    error if error & 16 != 0 => Access::Execute,
                    error if error & 2 != 0 => Access::Write,
                    _ => Access::Read,
                };
                Exit::Fault { at, access }
            }
            0..INTERRUPTS => {
                drop(off);
                Exit::Exception { vector: u8::try_from(vector).unwrap_or(0), error }
            }
            _ => {
                // SAFETY: it has just been taken, in user mode, and interrupts are counted off once.
                unsafe { traps::interrupted_user(u8::try_from(vector).unwrap_or(u8::MAX)) }
                // Here the thread is preempted, if that is due.
                drop(off);
                Exit::Interrupted
            }
        }
    }
}

impl Drop for UserContext {
    fn drop(&mut self) {
        self.forget();
    }
}
