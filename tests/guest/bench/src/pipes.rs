//! Two processes that wait for each other's bytes.

use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::time::{Duration, Instant};

use crate::system::{fork, wait};

/// Sends every byte back, until there are no more.
fn echo(mut from: PipeReader, mut to: PipeWriter) -> io::Result<()> {
    let mut byte = [0];
    while from.read(&mut byte)? == 1 {
        to.write_all(&byte)?;
    }
    Ok(())
}

/// Bytes to another process and back.
pub(crate) fn ping_pong(count: u64) -> io::Result<Duration> {
    let (theirs, mut ours) = pipe()?;
    let (mut back, away) = pipe()?;
    // The child must not hold the end whose closing ends it.
    let child = {
        let (ours, back) = (&ours, &back);
        let (theirs, away) = (theirs.try_clone()?, away.try_clone()?);
        fork(move || {
            use std::os::fd::AsRawFd;
            // SAFETY: the child never uses these ends, and ends without dropping them.
            unsafe {
                libc::close(ours.as_raw_fd());
                libc::close(back.as_raw_fd());
            }
            libc::c_int::from(echo(theirs, away).is_err())
        })?
    };
    drop((theirs, away));
    let mut byte = [1];
    // Once before the clock starts, when the other is ready.
    let mut exchange = || {
        ours.write_all(&byte)?;
        back.read_exact(&mut byte)
    };
    exchange()?;
    let began = Instant::now();
    for _ in 0..count {
        exchange()?;
    }
    let took = began.elapsed();
    drop(ours);
    wait(child)?;
    Ok(took)
}
