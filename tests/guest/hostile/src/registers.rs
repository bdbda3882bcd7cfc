//! Registers that no compiler leaves, at system calls, faults and signals; and frames that no handler was given.

use std::arch::asm;
use std::time::Duration;

use libc::{SA_NODEFER, SA_ONSTACK, SA_SIGINFO, c_int};

use crate::borders::odd;
use crate::child;
use guest_random::Random;

const LIMIT: Duration = Duration::from_millis(300);
/// Signals that a process causes itself.
const SIGNALS: [c_int; 7] =
    [libc::SIGSEGV, libc::SIGILL, libc::SIGFPE, libc::SIGBUS, libc::SIGTRAP, libc::SIGUSR1, libc::SIGALRM];

extern "C" fn leave() {
    // SAFETY: it ends.
    unsafe { libc::_exit(7) };
}

/// Handles all signals, on a stack of its own or not.
fn handle(stack: Option<u64>) {
    // SAFETY: the structures are whole, and the handler only ends the process.
    unsafe {
        if let Some(start) = stack {
            let mut new: libc::stack_t = std::mem::zeroed();
            new.ss_sp = start as *mut libc::c_void;
            new.ss_size = 16384;
            libc::sigaltstack(&raw const new, std::ptr::null_mut());
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = leave as *const () as usize;
        action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
        for signal in SIGNALS {
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

/// Does something with this stack pointer, flags and segment.
fn act(kind: u64, stack: u64, flags: u64) {
    // SAFETY: the process does not come back from any of these, or ends at once.
    unsafe {
        match kind {
            0 => {
                asm!("mov rsp, {s}", "mov eax, 39", "syscall", "mov eax, 24", "syscall", "ud2", s = in(reg) stack, options(noreturn))
            }
            1 => asm!("mov rsp, {s}", "ud2", s = in(reg) stack, options(noreturn)),
            2 => asm!("mov rsp, {s}", "push rax", "ud2", s = in(reg) stack, options(noreturn)),
            3 => {
                asm!("push {f}", "popfq", "mov rsp, {s}", "mov eax, 39", "syscall", "xor ecx, ecx", "div ecx", "ud2",
                s = in(reg) stack, f = in(reg) flags, options(noreturn))
            }
            4 => asm!("mov rsp, {s}", "mov eax, 15", "syscall", "ud2", s = in(reg) stack, options(noreturn)),
            5 => asm!("mov rsp, {s}", "int3", "int 0x80", "ud2", s = in(reg) stack, options(noreturn)),
            6 => asm!("mov rsp, {s}", ".byte 0xf1", "int 0x20", "ud2", s = in(reg) stack, options(noreturn)),
            7 => asm!("mov rsp, {s}", "int 8", "ud2", s = in(reg) stack, options(noreturn)),
            8 => {
                asm!("push {f}", "popfq", "mov rsp, {s}", "mov eax, 57", "syscall", "mov rax, [rax - 8]", "ud2",
                s = in(reg) stack, f = in(reg) flags, options(noreturn))
            }
            9 => asm!("mov rsp, {s}", "jmp {f}", s = in(reg) stack, f = in(reg) flags, options(noreturn)),
            10 => {
                asm!("mov rsp, {s}", "mov eax, 0x2b", "mov ds, eax", "mov es, eax", "mov fs, eax", "mov gs, eax", "mov ss, eax", "syscall",
                "ud2", s = in(reg) stack, options(noreturn))
            }
            11 => asm!("mov rsp, {s}", "cli", "ud2", s = in(reg) stack, options(noreturn)),
            12 => asm!("mov rsp, {s}", "swapgs", "ud2", s = in(reg) stack, options(noreturn)),
            13 => {
                asm!("mov rsp, {s}", "mov eax, 56", "xor edi, edi", "mov rsi, {f}", "syscall", "push rax", "ud2",
                s = in(reg) stack, f = in(reg) flags, options(noreturn))
            }
            _ => {
                asm!("mov rsp, {s}", "mov rcx, {f}", "mov r11, {f}", "hlt", s = in(reg) stack, f = in(reg) flags, options(noreturn))
            }
        }
    }
}

pub(crate) fn attack(random: &mut Random, rounds: u64) {
    for kind in 0..15 {
        for _ in 0..rounds * 12 {
            let (stack, flags, own) =
                (odd(random), odd(random) ^ random.number(&[0x100, 0x4_0000, 0x400, 0x4_0100]), odd(random));
            let with = random.below(4);
            child::run(LIMIT, || {
                match with {
                    0 => {}
                    1 => handle(None),
                    2 => handle(Some(own)),
                    _ => handle(Some(Vec::leak(vec![0_u8; 16384]).as_ptr() as u64)),
                }
                act(kind, stack, flags);
            });
        }
    }
}

/// Gives back frames of which some words are wrong.
pub(crate) fn attack_frames(random: &mut Random, rounds: u64) {
    for _ in 0..rounds * 300 {
        let seed = random.any();
        child::run(LIMIT, || {
            let mut random = Random::new(seed);
            handle(None);
            let frame = Vec::leak(vec![0_u64; 256]);
            let start = frame.as_mut_ptr() as u64;
            let good = random.below(3) > 0;
            for word in frame.iter_mut() {
                *word = if good { 0 } else { odd(&mut random) };
            }
            // The stack, the instruction, flags, and the floating-point state in order: then wrong, one or the other.
            frame[21] = start + 1024;
            frame[22] = leave as *const () as u64;
            frame[23] = 0x202;
            frame[29] = if random.below(2) == 0 { 0 } else { start + 1024 };
            for _ in 0..random.below(5) {
                let place = random.number(&[21, 22, 23, 24, 25, 26, 29, 38, 3, 4, 5, 6]);
                frame[usize::try_from(place).unwrap_or(0)] = odd(&mut random);
            }
            // The control word of vectors, and all of the state.
            for word in &mut frame[128..192] {
                *word = random.any();
            }
            // SAFETY: whatever it goes on with, the process ends.
            unsafe {
                asm!("lea rsp, [{s} + 8]", "mov eax, 15", "syscall", "ud2", s = in(reg) start, options(noreturn))
            }
        });
    }
}
