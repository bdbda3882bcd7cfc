//! Code of user mode that reads the clock: what the kernel maps into every process, so that the time costs no system call.
//!
//! The code is data here: bytes that are copied to [`CODE_AT`] of a page, and run in user mode only, at whatever address that page has.
//! In the page before it is what the time is computed from: three words, [`Words`], which this code reads and user mode cannot write.
//! The arithmetic is that of [`timer::nanoseconds`](crate::timer::nanoseconds), so a program sees one clock whichever way it asks.
//!
//! The two words of the counter are written before the first process starts, and never again. The third moves when the clock of the
//! day is set: it is stored and read as one word, so there is nothing to wait for, and no sequence count.
//!
//! What this code does not know (a clock of processor time, an unknown number) it asks the kernel for. A bad pointer is a fault of the
//! program's own, as everywhere in user mode.

/// Where in its page the code begins.
pub const CODE_AT: usize = 0x800;

/// What the time is computed from, as it stands at the beginning of the page before the code's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// What the time-stamp counter showed when the clock began.
    pub start: u64,
    /// Nanoseconds of a count, times two to the power of 32.
    pub multiplier: u64,
}

/// Where the time from 1970 to the machine's start stands, in nanoseconds, behind [`Words`].
pub const STARTED_AT: usize = 16;

/// A function of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name by which C libraries look for it.
    pub name: &'static str,
    /// Where in the code it begins.
    pub offset: usize,
}

/// The code and its functions.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Its bytes.
    pub bytes: &'static [u8],
    /// What it offers.
    pub functions: [Function; 4],
}

#[cfg(target_os = "none")]
core::arch::global_asm!(
    r#"
    .pushsection .rodata.vdso, "a"
    .balign 16
vdso_code:

    # The time since the machine's start in rax, in nanoseconds; the page of words in r8. Changes rcx, rdx.
vdso_nanoseconds:
    lea r8, [rip + vdso_code - {code_at} - 4096]
    # The counter is not read before what the program did before.
    lfence
    rdtsc
    shl rdx, 32
    or rax, rdx
    xor ecx, ecx
    sub rax, [r8]
    cmovb rax, rcx
    mul qword ptr [r8 + 8]
    shrd rax, rdx, 32
    ret

    .balign 16
    # clock_gettime(clock in edi, time in rsi)
vdso_clock_gettime:
    cmp edi, 11
    ja 2f
    # REALTIME, MONOTONIC, MONOTONIC_RAW, REALTIME_COARSE, MONOTONIC_COARSE, BOOTTIME, TAI
    mov eax, 0x8f3
    bt eax, edi
    jnc 2f
    call vdso_nanoseconds
    # Of these the clocks of the day.
    mov ecx, 0x821
    bt ecx, edi
    jnc 1f
    add rax, [r8 + {started_at}]
1:  xor edx, edx
    mov ecx, 1000000000
    div rcx
    mov [rsi], rax
    mov [rsi + 8], rdx
    xor eax, eax
    ret
2:  mov eax, 228
    syscall
    ret

    .balign 16
    # gettimeofday(time in rdi, zone in rsi)
vdso_gettimeofday:
    test rdi, rdi
    jz 1f
    call vdso_nanoseconds
    add rax, [r8 + {started_at}]
    xor edx, edx
    mov ecx, 1000000000
    div rcx
    mov [rdi], rax
    mov eax, edx
    xor edx, edx
    mov ecx, 1000
    div ecx
    mov [rdi + 8], rax
1:  test rsi, rsi
    jz 2f
    mov qword ptr [rsi], 0
2:  xor eax, eax
    ret

    .balign 16
    # time(seconds in rdi) -> seconds
vdso_time:
    call vdso_nanoseconds
    add rax, [r8 + {started_at}]
    xor edx, edx
    mov ecx, 1000000000
    div rcx
    test rdi, rdi
    jz 1f
    mov [rdi], rax
1:  ret

    .balign 16
    # clock_getres(clock in edi, time in rsi)
vdso_clock_getres:
    cmp edi, 11
    ja 2f
    mov eax, 0x8f3
    bt eax, edi
    jnc 2f
    test rsi, rsi
    jz 1f
    mov qword ptr [rsi], 0
    mov qword ptr [rsi + 8], 1
1:  xor eax, eax
    ret
2:  mov eax, 229
    syscall
    ret

vdso_code_end:
    .popsection
    "#,
    code_at = const CODE_AT,
    started_at = const STARTED_AT,
);

#[cfg(target_os = "none")]
unsafe extern "C" {
    static vdso_code: u8;
    static vdso_code_end: u8;
    static vdso_clock_gettime: u8;
    static vdso_gettimeofday: u8;
    static vdso_time: u8;
    static vdso_clock_getres: u8;
}

/// The code.
#[cfg(target_os = "none")]
#[must_use]
pub fn code() -> Code {
    let start = &raw const vdso_code;
    let offset = |label: *const u8| label.addr() - start.addr();
    let function = |name, label| Function { name, offset: offset(label) };
    // SAFETY: the bytes between the two labels are read-only data of the image, which nobody writes.
    let bytes = unsafe { core::slice::from_raw_parts(start, offset(&raw const vdso_code_end)) };
    let functions = [
        function("__vdso_clock_gettime", &raw const vdso_clock_gettime),
        function("__vdso_gettimeofday", &raw const vdso_gettimeofday),
        function("__vdso_time", &raw const vdso_time),
        function("__vdso_clock_getres", &raw const vdso_clock_getres),
    ];
    Code { bytes, functions }
}

/// No code: a host is not this machine.
#[cfg(not(target_os = "none"))]
#[must_use]
pub fn code() -> Code {
    Code { bytes: &[], functions: [Function { name: "", offset: 0 }; 4] }
}
