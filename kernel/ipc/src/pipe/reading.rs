//! Reading from a pipe: bytes are copied out under the lock as far as user memory is there, and taken out then.

use abi::{Errno, Result};
use base::sched::waiting;
use base::user::{Access, MOST_FAULTS, UserSlice, fault_in, try_copy_out};
use fs::Waits;
use lockorder::{Root, Task};

use super::channel::Channel;
use super::ring::Ring;

/// How many buffers are copied out under the lock, one time: nobody else has the CPU meanwhile.
const MOST_BUFFERS: usize = 4;

/// Why a step has ended.
enum Ended {
    /// After so many buffers.
    AtMost,
    /// There are no more bytes; somebody may write some.
    Empty,
    /// There are no more bytes, and nobody to write any.
    Over,
    /// So many bytes of user memory, the next ones, are not there.
    Fault(usize),
}

/// What was copied under the lock.
struct Step {
    count: usize,
    /// Whether there is more room than before.
    freed: bool,
    ended: Ended,
}

impl Channel {
    /// Reads what there is, waiting for something; gives how many bytes, 0 when there will be none.
    pub(super) fn read(&self, held: &mut Root<'_, Task>, to: UserSlice, waits: Waits<'_>) -> Result<usize> {
        let (mut done, mut freed, mut faults) = (0, false, 0);
        let mut result = Ok(());
        while done < to.len() && result.is_ok() {
            let rest = to.skip(done);
            let step = self.with_ring(held, |ring| self.take(ring, rest));
            done = done.saturating_add(step.count);
            freed |= step.freed;
            result = match step.ended {
                Ended::AtMost => Ok(()),
                Ended::Empty | Ended::Over if done > 0 => break,
                Ended::Over => return Ok(0),
                Ended::Empty => self.wait_for_bytes(held, waits),
                Ended::Fault(count) => {
                    faults = if step.count == 0 { faults + 1 } else { 0 };
                    let next = to.skip(done).take(count);
                    if faults > MOST_FAULTS { Err(Errno::EFAULT) } else { resolve(held, next) }
                }
            };
        }
        if freed {
            self.writers.source.wake();
        }
        if done > 0 { Ok(done) } else { result.map(|()| 0) }
    }

    /// Copies out bytes, and takes them out.
    fn take(&self, ring: &mut Ring, to: UserSlice) -> Step {
        let mut step = Step { count: 0, freed: false, ended: Ended::AtMost };
        for _ in 0..MOST_BUFFERS {
            let rest = to.skip(step.count);
            let first = ring.first();
            let bytes = first.get(..rest.len()).unwrap_or(first);
            if rest.is_empty() {
                break;
            }
            if bytes.is_empty() {
                // Under the lock: whoever has gone has written before.
                step.ended = if self.writers.is_open() { Ended::Empty } else { Ended::Over };
                break;
            }
            if try_copy_out(rest, bytes).is_err() {
                step.ended = Ended::Fault(bytes.len());
                break;
            }
            let count = bytes.len();
            step.freed |= ring.consume(count);
            step.count = step.count.saturating_add(count);
        }
        step
    }

    /// Waits until there is something to read, or nobody to write it.
    fn wait_for_bytes(&self, held: &mut Root<'_, Task>, waits: Waits<'_>) -> Result<()> {
        if waits.nonblocking {
            return Err(Errno::EAGAIN);
        }
        let look = || {
            if self.bytes() > 0 || !self.writers.is_open() {
                return Some(Ok(()));
            }
            (waits.interrupted)().then_some(Err(Errno::EINTR))
        };
        waiting::wait(held, &[&self.readers.source], None, |_| look()).map_err(|_| Errno::ENOMEM)?
    }
}

/// Has user memory faulted in, to be written to.
fn resolve(held: &mut Root<'_, Task>, memory: UserSlice) -> Result<()> {
    fault_in(held, memory, Access::Write).map_err(|_| Errno::EFAULT)
}
