//! What a handler finds on its stack, and what it gives back: `struct rt_sigframe` of Linux on x86_64.
//!
//! | at | what |
//! |---|---|
//! | 0 | where the handler returns to |
//! | 8 | `struct ucontext`: flags, link, the alternate stack, the registers, the blocked signals |
//! | 312 | `siginfo_t` |
//! | 440 | the end; above it, aligned to 64 bytes, the floating-point state |

use abi::{Encoder, Errno, Result, general};
use base::user::Registers;

use super::info::Info;

/// Bytes of the frame without the floating-point state.
pub const FRAME: usize = 440;
/// Bytes of the floating-point state.
pub const FLOATING_POINT: usize = 512;
/// Bytes below the stack pointer that belong to the interrupted function.
const RED_ZONE: u64 = 128;
/// Selectors of user code and data, as registers show them.
const SEGMENTS: [u16; 4] = [0x23, 0, 0, 0x1b];

/// Where the description of the signal is in the frame.
const INFO: usize = 312;
/// The vector of a page fault, whose address a handler finds among the registers.
const PAGE_FAULT: u64 = 14;

/// A stack for handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlternateStack {
    /// Where it begins.
    pub start: u64,
    /// Whether there is none (2).
    pub flags: u32,
    /// How many bytes it has.
    pub size: u64,
}

impl AlternateStack {
    /// None.
    pub const NONE: Self = Self { start: 0, flags: 2, size: 0 };

    /// Whether a handler gives it up until it returns (`SS_AUTODISARM`).
    #[must_use]
    pub const fn is_given_up(&self) -> bool {
        self.flags & general::SS_AUTODISARM != 0
    }

    /// The stack that holds again after a handler, if what it gives back is one or none.
    #[must_use]
    pub const fn restored(self) -> Option<Self> {
        match self.flags & !general::SS_AUTODISARM {
            general::SS_DISABLE => Some(Self::NONE),
            0 | general::SS_ONSTACK => Some(Self { flags: self.flags & general::SS_AUTODISARM, ..self }),
            _ => None,
        }
    }

    /// Whether an address lies in it.
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        self.size > 0 && address > self.start && address <= self.start.saturating_add(self.size)
    }
}

/// What is to be put where, to run a handler.
#[derive(Debug)]
pub struct Frame {
    /// Where the frame is: the handler's stack pointer.
    pub start: u64,
    /// Its bytes.
    pub bytes: [u8; FRAME],
    /// Where the floating-point state is.
    pub floating_point: u64,
}

/// Lays the frame of a handler out.
///
/// # Errors
///
/// [`Errno::EFAULT`] where there is no room below the stack pointer.
pub fn build(
    registers: &Registers,
    info: &Info,
    blocked: u64,
    restorer: u64,
    (stack, switches): (AlternateStack, bool),
) -> Result<Frame> {
    let top = if switches && !stack.contains(registers.rsp) && stack.size > 0 {
        stack.start.saturating_add(stack.size)
    } else {
        registers.rsp.checked_sub(RED_ZONE).ok_or(Errno::EFAULT)?
    };
    let floating_point = top.checked_sub(FLOATING_POINT as u64).ok_or(Errno::EFAULT)? & !63;
    // As after a call: eight bytes off an aligned stack.
    let start = (floating_point.checked_sub(FRAME as u64).ok_or(Errno::EFAULT)? & !15)
        .checked_sub(8)
        .ok_or(Errno::EFAULT)?;
    let r = registers;
    let general = [
        r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rdi, r.rsi, r.rbp, r.rbx, r.rdx, r.rax,
        r.rcx, r.rsp, r.rip, r.rflags,
    ];
    let vector = if r.vector < 32 { r.vector } else { 0 };
    let address = if vector == PAGE_FAULT { info.address() } else { 0 };
    let mut bytes = Encoder::<FRAME>::new()
        .u64(restorer)
        // No extended state follows, and there is no other context.
        .u64(0)
        .u64(0)
        .u64(stack.start)
        .u32(stack.flags)
        .skip(4)
        .u64(stack.size)
        .u64s(&general)
        .u16s(&SEGMENTS)
        .u64s(&[r.error, vector, blocked, address, floating_point])
        .skip(64)
        .u64(blocked)
        .finish();
    bytes[INFO..].copy_from_slice(&info.encode());
    Ok(Frame { start, bytes, floating_point })
}

/// What a handler gives back.
#[derive(Debug)]
pub struct Returned {
    /// The registers.
    pub registers: Registers,
    /// The signals that are blocked from now on.
    pub blocked: u64,
    /// Where the floating-point state is; 0 for none.
    pub floating_point: u64,
    /// The alternate stack.
    pub stack: AlternateStack,
}

/// Reads what a handler gives back, from the bytes of its frame.
#[must_use]
pub fn read(bytes: &[u8; FRAME]) -> Returned {
    let word = |at: usize| bytes[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let general = |place: usize| word(48 + 8 * place);
    let flags = bytes[32..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    Returned {
        registers: Registers {
            r8: general(0),
            r9: general(1),
            r10: general(2),
            r11: general(3),
            r12: general(4),
            r13: general(5),
            r14: general(6),
            r15: general(7),
            rdi: general(8),
            rsi: general(9),
            rbp: general(10),
            rbx: general(11),
            rdx: general(12),
            rax: general(13),
            rcx: general(14),
            rsp: general(15),
            rip: general(16),
            rflags: general(17),
            vector: 0,
            error: 0,
        },
        floating_point: word(232),
        blocked: word(304) & !super::UNSTOPPABLE,
        stack: AlternateStack { start: word(24), flags, size: word(40) },
    }
}

#[cfg(test)]
mod tests {
    use base::user::Registers;

    use super::super::Signal;
    use super::{AlternateStack, FLOATING_POINT, FRAME, Info, build, read};

    #[test]
    fn a_handler_that_changes_nothing_gives_everything_back() {
        let registers = Registers {
            rax: 1,
            rbx: 2,
            rsp: 0x7000_0000,
            rip: 0x40_1000,
            r15: 9,
            rflags: 0x246,
            ..Registers::default()
        };
        let none = (AlternateStack::NONE, true);
        let frame = build(&registers, &Info::kernel(Signal::INT), 0x5, 0x40_2000, none).unwrap();
        assert_eq!(frame.start % 16, 8, "as after a call");
        assert_eq!(frame.floating_point % 64, 0);
        assert!(frame.start + FRAME as u64 <= frame.floating_point);
        assert!(frame.floating_point + FLOATING_POINT as u64 <= registers.rsp - 128);
        let returned = read(&frame.bytes);
        assert_eq!(returned.registers, registers);
        assert_eq!((returned.blocked, returned.floating_point), (5, frame.floating_point));
        assert_eq!(returned.stack, AlternateStack::NONE);
        assert_eq!(frame.bytes[312], 2, "the signal's number begins its description");
    }

    #[test]
    fn an_alternate_stack_is_used_once() {
        let stack = AlternateStack { start: 0x1_0000, flags: 0, size: 0x2000 };
        let outside = Registers { rsp: 0x7000_0000, ..Registers::default() };
        let frame = build(&outside, &Info::kernel(Signal::INT), 0, 0, (stack, true)).unwrap();
        assert!(stack.contains(frame.start));
        let inside = Registers { rsp: frame.start, ..Registers::default() };
        let nested = build(&inside, &Info::kernel(Signal::INT), 0, 0, (stack, true)).unwrap();
        assert!(nested.start < frame.start && stack.contains(nested.start));
        assert!(build(&Registers::default(), &Info::kernel(Signal::INT), 0, 0, (stack, false)).is_err());
    }
}
