//! What a signal's handler is told, noted for the test.

use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use libc::{c_int, c_void, siginfo_t};

/// What one delivery has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The signal.
    pub(crate) signal: i32,
    /// Why it was sent.
    pub(crate) code: i32,
    /// Who has sent it, or the timer's number.
    pub(crate) id: i32,
    /// The sender's user, or how often the timer has run out besides.
    pub(crate) user: i32,
    /// The value that was sent with it, or a child's status.
    pub(crate) value: i32,
}

impl Told {
    /// Of the words of a `siginfo_t`.
    pub(crate) const fn of(words: &[i32; 32]) -> Self {
        Self { signal: words[0], code: words[2], id: words[4], user: words[5], value: words[6] }
    }
}

/// How many deliveries are noted.
const MOST: usize = 64;
static COUNT: AtomicUsize = AtomicUsize::new(0);
static NOTES: [[AtomicI32; 5]; MOST] = [const { [const { AtomicI32::new(0) }; 5] }; MOST];
/// The stack pointer in the last handler.
static STACK: AtomicU64 = AtomicU64::new(0);

/// A handler that notes what it is told.
extern "C" fn note(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    let marker = 0_u8;
    STACK.store(&raw const marker as u64, Ordering::SeqCst);
    // SAFETY: the kernel has put 128 bytes there.
    let told = Told::of(unsafe { &*info.cast() });
    let place = COUNT.load(Ordering::SeqCst);
    if let Some(slot) = NOTES.get(place) {
        for (word, value) in slot.iter().zip([told.signal, told.code, told.id, told.user, told.value]) {
            word.store(value, Ordering::SeqCst);
        }
    }
    COUNT.store(place + 1, Ordering::SeqCst);
}

/// Has a signal's deliveries noted.
pub(crate) fn noted(signal: c_int, flags: c_int) {
    handled(signal, flags, note);
}

/// Has a signal handled.
pub(crate) fn handled(
    signal: c_int,
    flags: c_int,
    handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void),
) {
    // SAFETY: a structure of zeros is valid; the handler is of the kind that the flag says.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = flags | libc::SA_SIGINFO;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut())
    };
    assert_eq!(result, 0, "a handler of signal {signal}");
}

/// How many deliveries there were.
pub(crate) fn count() -> usize {
    COUNT.load(Ordering::SeqCst)
}

/// The delivery at a place.
#[track_caller]
pub(crate) fn at(place: usize) -> Told {
    assert!(place < count(), "{} signals were delivered", count());
    let [signal, code, id, user, value] =
        [0, 1, 2, 3, 4].map(|word: usize| NOTES[place][word].load(Ordering::SeqCst));
    Told { signal, code, id, user, value }
}

/// All deliveries.
pub(crate) fn all() -> Vec<Told> {
    (0..count().min(MOST)).map(at).collect()
}

/// Where the stack was in the last handler.
pub(crate) fn stack() -> u64 {
    STACK.load(Ordering::SeqCst)
}

/// The bit of a signal in a set.
pub(crate) const fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// Blocks a set of signals besides others.
pub(crate) fn block(set: u64) {
    assert_eq!(call!(SYS_rt_sigprocmask, libc::SIG_BLOCK, &set, 0, 8), Ok(0));
}

/// Blocks a set of signals no more.
pub(crate) fn unblock(set: u64) {
    assert_eq!(call!(SYS_rt_sigprocmask, libc::SIG_UNBLOCK, &set, 0, 8), Ok(0));
}

/// The signals that are blocked.
pub(crate) fn blocked() -> u64 {
    let mut set = 0_u64;
    assert_eq!(call!(SYS_rt_sigprocmask, 0, 0, &mut set, 8), Ok(0));
    set
}

/// The signals that are blocked and have come.
pub(crate) fn pending() -> u64 {
    let mut set = 0_u64;
    assert_eq!(call!(SYS_rt_sigpending, &mut set, 8), Ok(0));
    set
}

/// The caller's number.
pub(crate) fn own() -> i32 {
    call!(SYS_getpid).unwrap_or(0) as i32
}

/// Sends a signal with a value to a process.
pub(crate) fn queue(id: i32, signal: c_int, value: i32) -> Result<i64, c_int> {
    let mut words = [0_i32; 32];
    words[0] = signal;
    words[2] = libc::SI_QUEUE;
    words[4] = own();
    words[6] = value;
    call!(SYS_rt_sigqueueinfo, id, signal, &words)
}
