//! Data that is copied out without writing anything: for what is read all the time and written now and then.
//!
//! A [`SeqLock`] gives copies. [`Held::snapshot`] copies the data and looks whether a writer came in between; if so it copies
//! again. [`Held::update`] lets a writer change a copy of its own, under a lock, and publishes it at the end: readers are
//! turned away only while the copy goes in, and a writer that panics has changed nothing.
//!
//! **Reading has the bounds of locking.** A reader waits for a writer that is under way. In a handler that interrupted
//! that writer it would wait for ever, so a handler reads only what is [`IrqSafe`]; and it has the order of acquiring
//! the class.
//!
//! The data is read while it is written, so it lies in memory as atomic words, each byte always accessed at the same
//! size. [`PlainData`] says what can be stored so: data without padding and without pointers. A copy
//! becomes a `T` only when it is known to be of one piece, so not every pattern of bits need be one.

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::context::{Context, IrqSafe, Spinning, StopsPreemption, UsableIn};
use crate::guard::Inside;
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::lock::Lock;
use crate::mode::Mode;
use crate::observe;
use crate::order::Keyless;
use crate::raw::{Backoff, RawLock, Sequence, Ticket};

/// A sequence lock whose writer is not preempted. For data that interrupt handlers never touch.
pub type SpinSeqLock<L, T> = SeqLock<L, Ticket<Spinning>, T>;

/// A sequence lock whose writer is not interrupted. For data that interrupt handlers read.
pub type IrqSeqLock<L, T> = SeqLock<L, Ticket<IrqSafe>, T>;

/// Data of type `T` that readers copy, in class `L`, with core `R` among writers.
///
/// # Examples
///
/// ```
/// # use lockorder::{hierarchy, with_root, SpinSeqLock};
/// hierarchy! {
///     /// Example.
///     hierarchy EXAMPLE;
///     /// Devices.
///     level Device = 50 {
///         /// Seconds and nanoseconds.
///         class Clock = 0;
///     }
/// }
/// static CLOCK: SpinSeqLock<Clock, [u64; 2]> = SpinSeqLock::new([0, 0]);
/// with_root(|mut held| {
///     held.update(&CLOCK, |time, _held| *time = [12, 500]);
///     assert_eq!(held.snapshot(&CLOCK), [12, 500]);
/// });
/// ```
pub struct SeqLock<L: Class, R, T> {
    /// Excludes writers from one another.
    writer: Lock<L, R, ()>,
    sequence: Sequence,
    words: Words<T>,
}

/// Data that can be copied word by word: numbers, arrays of them, and with the feature `bytemuck` every type that derives
/// `bytemuck::NoUninit`, a structure without padding for example.
///
/// # Safety
///
/// Every byte of every value is initialised (there is no padding), and no byte is part of a pointer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be copied word by word while it is written",
    label = "not plain data: it may have padding or pointers",
    note = "a sequence lock holds numbers, arrays of numbers, and, with the feature `bytemuck`, structures of those that \
            derive `bytemuck::NoUninit`; what has pointers belongs behind a lock"
)]
pub unsafe trait PlainData: Copy + 'static {}

// SAFETY: `NoUninit` has the same contract.
#[cfg(feature = "bytemuck")]
#[diagnostic::do_not_recommend]
unsafe impl<T: bytemuck::NoUninit> PlainData for T {}

/// Says of types without padding and without pointers that they are.
#[cfg(not(feature = "bytemuck"))]
macro_rules! plain {
    ($($type:ty),*) => {$(
        // SAFETY: a number has no padding and no pointer.
        unsafe impl PlainData for $type {}
    )*};
}

#[cfg(not(feature = "bytemuck"))]
plain!((), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

// SAFETY: between the elements of an array there is no padding.
#[cfg(not(feature = "bytemuck"))]
unsafe impl<T: PlainData, const N: usize> PlainData for [T; N] {}

/// A `T` as atomic words.
#[repr(C)]
struct Words<T> {
    /// Takes no space; aligns the value as its words need.
    alignment: [AtomicUsize; 0],
    value: UnsafeCell<T>,
}

// SAFETY: shared access to the value is atomic, and makes copies, for which `T: Send` is enough.
unsafe impl<T: Send> Sync for Words<T> {}

impl<T: PlainData> Words<T> {
    /// How many whole words there are.
    const WHOLE: usize = size_of::<T>() / size_of::<usize>();
    /// How many bytes the whole words have; the others are accessed one by one.
    const WHOLE_BYTES: usize = Self::WHOLE * size_of::<usize>();

    /// One of the whole words.
    #[inline]
    fn word(&self, index: usize) -> &AtomicUsize {
        assert!(index < Self::WHOLE, "a word of the value");
        // SAFETY: in bounds as just asserted; aligned as `alignment` and `repr(C)` see to; initialised, since
        // `T: PlainData`; and shared access to these bytes is by this atomic only.
        unsafe { &*self.value.get().cast::<AtomicUsize>().add(index) }
    }

    /// One of the bytes behind the whole words.
    #[inline]
    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!((Self::WHOLE_BYTES..size_of::<T>()).contains(&index), "a byte of the value");
        // SAFETY: as for words; bytes need no alignment.
        unsafe { &*self.value.get().cast::<AtomicU8>().add(index) }
    }

    /// Copies the value, which may be changed meanwhile: a `T` only if it was not.
    #[inline]
    fn load(&self) -> MaybeUninit<T> {
        let mut copy = MaybeUninit::<T>::uninit();
        for index in 0..Self::WHOLE {
            let word = self.word(index).load(Ordering::Relaxed);
            // SAFETY: the copy is as large as the value; unaligned, since `T` may ask for less than a word.
            unsafe { copy.as_mut_ptr().cast::<usize>().add(index).write_unaligned(word) }
        }
        for index in Self::WHOLE_BYTES..size_of::<T>() {
            let byte = self.byte(index).load(Ordering::Relaxed);
            // SAFETY: in bounds of the copy.
            unsafe { copy.as_mut_ptr().cast::<u8>().add(index).write(byte) }
        }
        copy
    }

    /// Stores a value piece by piece.
    #[inline]
    fn store(&self, value: &T) {
        // SAFETY: the bytes of the value, each of them initialised, since `T: PlainData`.
        let bytes = unsafe { core::slice::from_raw_parts(core::ptr::from_ref(value).cast(), size_of::<T>()) };
        let (whole, rest): (&[u8], &[u8]) = bytes.split_at(Self::WHOLE_BYTES);
        for (index, bytes) in whole.chunks_exact(size_of::<usize>()).enumerate() {
            let mut word = [0; size_of::<usize>()];
            word.copy_from_slice(bytes);
            self.word(index).store(usize::from_ne_bytes(word), Ordering::Relaxed);
        }
        for (index, byte) in (Self::WHOLE_BYTES..).zip(rest) {
            self.byte(index).store(*byte, Ordering::Relaxed);
        }
    }
}

impl<L: Class, R: RawLock, T> SeqLock<L, R, T> {
    /// A lock around `data` that nobody writes yet.
    #[must_use]
    pub const fn new(data: T) -> Self
    where
        L::Order: Keyless,
    {
        Self {
            writer: Lock::new(()),
            sequence: Sequence::new(),
            words: Words { alignment: [], value: UnsafeCell::new(data) },
        }
    }

    /// The data, without locking: `&mut` proves that nobody else has the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.words.value.get_mut()
    }

    /// Takes the data out; owning the lock proves that nobody writes it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.words.value.into_inner()
    }
}

impl<L: Class, R: RawLock, T> fmt::Debug for SeqLock<L, R, T> {
    /// Never locks: formatting under a lock is a bug of its own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SeqLock")
            .field("class", &L::NAME)
            .field("held", &self.writer.is_held())
            .finish_non_exhaustive()
    }
}

impl<H: Level, C: Context> Held<'_, H, C> {
    /// Copies the data of a sequence lock, as it is between two writes. Writes nothing; waits for a writer
    /// that is under way.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn snapshot<L: Class, R: RawLock, T: PlainData>(&mut self, lock: &SeqLock<L, R, T>) -> T
    where
        L: After<H>,
        R::Kind: UsableIn<C> + StopsPreemption,
    {
        observe::might_wait::<L, R::Kind>(core::ptr::from_ref(lock).addr(), Mode::Shared);
        let mut backoff = Backoff::default();
        loop {
            if let Some(begun) = lock.sequence.begin_read() {
                let copy = lock.words.load();
                if lock.sequence.is_current(begun) {
                    // SAFETY: no write came in between, so this is what the last one stored, all of it.
                    return unsafe { copy.assume_init() };
                }
            }
            backoff.wait::<L::Platform>();
        }
    }

    /// Calls `change` with a copy of the data and the token for what lies further in, and publishes the copy.
    ///
    /// Other writers wait meanwhile; readers go on, and see the change as a whole when it is over. If `change` panics
    /// nothing has changed.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn update<L: Class, R: RawLock, T: PlainData, O>(
        &mut self,
        lock: &SeqLock<L, R, T>,
        change: impl for<'i> FnOnce(&'i mut T, Held<'i, L, Inside<R, C>>) -> O,
    ) -> O
    where
        L: After<H>,
        R::Kind: UsableIn<C> + StopsPreemption,
    {
        self.with(&lock.writer, |(), held| {
            // SAFETY: other writers are excluded, so this is what the last one stored, all of it.
            let mut value = unsafe { lock.words.load().assume_init() };
            let result = change(&mut value, held);
            lock.sequence.write(|| lock.words.store(&value));
            result
        })
    }
}
