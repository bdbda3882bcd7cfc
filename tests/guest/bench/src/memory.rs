//! Anonymous memory: mapped, touched, unmapped.

use std::io;
use std::ptr::{NonNull, null_mut};
use std::time::{Duration, Instant};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Pages of a mapping that is touched: less than a large page has, so that none is made of them.
const TOUCHED: usize = 256;
/// Pages of a mapping that is not.
const UNTOUCHED: usize = 16;

/// A mapping, which goes when it drops.
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    fn new(length: usize) -> io::Result<Self> {
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: the kernel chooses a place where nothing is.
        let start = unsafe { libc::mmap(null_mut(), length, access, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::Other)?;
        Ok(Self { start, length })
    }

    /// Writes to a page of it.
    fn touch(&self, page: usize) {
        assert!(page * PAGE < self.length);
        // SAFETY: inside of the mapping, which can be written.
        unsafe { self.start.as_ptr().add(page * PAGE).write_volatile(1) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody has its address any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// First writes to pages, always to all of a mapping: as if it had been `count`.
pub(crate) fn faults(count: u64) -> io::Result<Duration> {
    let mappings = count.div_ceil(TOUCHED as u64);
    let began = Instant::now();
    for _ in 0..mappings {
        let mapping = Mapping::new(TOUCHED * PAGE)?;
        for page in 0..TOUCHED {
            mapping.touch(page);
        }
    }
    let took = began.elapsed().as_nanos() * u128::from(count) / u128::from(mappings.max(1) * TOUCHED as u64);
    Ok(Duration::from_nanos(u64::try_from(took).unwrap_or(u64::MAX)))
}

/// Mappings that nobody touches.
pub(crate) fn mappings(count: u64) -> io::Result<Duration> {
    let began = Instant::now();
    for _ in 0..count {
        drop(Mapping::new(UNTOUCHED * PAGE)?);
    }
    Ok(began.elapsed())
}
