//! Recovery: three passes over the log, after which every committed transaction is home and the log is empty.
//!
//! Whatever the log says, recovery ends: a pass reads no more blocks than the ring has, and a transaction that claims more has
//! no end. A log that is cut off, or that has another transaction's blocks where the next should be, ends there: so a
//! log looks that the power failed over.

use alloc::vec::Vec;

use crate::area::Area;
use crate::device::{Block, Device, Error, zeroed};
use crate::format::{self, Kind, Sequence, Superblock, Tags};

/// What a recovery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Transactions that were committed and perhaps not home.
    pub transactions: u32,
    /// Blocks that were written home.
    pub blocks: u32,
    /// Images that were revoked.
    pub revoked: u32,
}

/// Which blocks are not replayed, up to which transaction.
#[derive(Default)]
struct Revokes {
    /// Sorted by block once all are in, the last revoke of a block only.
    last: Vec<(Block, Sequence)>,
}

impl Revokes {
    fn add(&mut self, block: Block, sequence: Sequence) -> Result<(), Error> {
        self.last.try_reserve(1)?;
        self.last.push((block, sequence));
        Ok(())
    }

    /// Later revokes were added later, and a sort of pairs by place keeps them behind.
    fn sort(&mut self) {
        // In place: the sequence decides between equals, by distance.
        self.last.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| {
                if a.1 == b.1 {
                    core::cmp::Ordering::Equal
                } else if a.1.is_after(b.1) {
                    core::cmp::Ordering::Less
                } else {
                    core::cmp::Ordering::Greater
                }
            })
        });
        self.last.dedup_by_key(|entry| entry.0);
    }

    /// Whether the image of `block` in transaction `sequence` must not be replayed.
    fn covers(&self, block: Block, sequence: Sequence) -> bool {
        self.last
            .binary_search_by_key(&block, |entry| entry.0)
            .is_ok_and(|at| !sequence.is_after(self.last[at].1))
    }
}

/// A reader that goes through the ring.
struct Walk<'a, D> {
    device: &'a mut D,
    area: &'a Area,
    superblock: Superblock,
    at: u32,
    /// Blocks that may still be read before the ring has been gone through.
    left: u32,
}

impl<D: Device> Walk<'_, D> {
    /// Reads the next block; `false` when all have been read.
    fn next(&mut self, into: &mut [u8]) -> Result<bool, Error> {
        if self.left == 0 {
            return Ok(false);
        }
        self.device.read(self.area.at(self.at)?, into)?;
        self.skip();
        Ok(true)
    }

    fn skip(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.at = self.superblock.after(self.at);
    }
}

/// What a pass does with what it meets.
enum Pass<'a> {
    /// Finds the end.
    Scan,
    /// Gathers revokes.
    Gather(&'a mut Revokes),
    /// Writes images home.
    Replay(&'a Revokes, &'a mut Recovered),
}

/// Goes through the log up to `end`, or where it ends; gives the sequence of the transaction that has no commit.
fn pass<D: Device>(
    device: &mut D,
    area: &Area,
    superblock: Superblock,
    end: Option<Sequence>,
    mut pass: Pass<'_>,
    block_size: usize,
) -> Result<Sequence, Error> {
    let mut walk = Walk { device, area, superblock, at: superblock.start, left: superblock.ring() };
    let mut sequence = superblock.sequence;
    let mut block = zeroed(block_size)?;
    let mut image = zeroed(block_size)?;
    while Some(sequence) != end && walk.next(&mut block)? {
        let Some((kind, of)) = format::header(&block) else { break };
        if of != sequence {
            break;
        }
        match kind {
            Kind::Commit => sequence = sequence.next(),
            Kind::Revoke => {
                if let Pass::Gather(revokes) = &mut pass {
                    for revoked in format::revoked(&block) {
                        revokes.add(revoked, sequence)?;
                    }
                }
            }
            Kind::Descriptor => {
                for tag in Tags::new(&block) {
                    let Pass::Replay(revokes, recovered) = &mut pass else {
                        walk.skip();
                        continue;
                    };
                    if revokes.covers(tag.home, sequence) {
                        recovered.revoked += 1;
                        walk.skip();
                        continue;
                    }
                    if tag.home.0 >= walk.device.blocks() {
                        return Err(Error::Malformed("an image belongs outside of the disk"));
                    }
                    if !walk.next(&mut image)? {
                        break;
                    }
                    if tag.escaped {
                        format::put_number(&mut image, 0, format::MAGIC);
                    }
                    walk.device.write(tag.home, &image)?;
                    recovered.blocks += 1;
                }
            }
        }
    }
    Ok(sequence)
}

/// Brings home what the log of `area` has, and empties it. An empty log is left as it is.
///
/// # Errors
///
/// If the disk fails, there is no memory, or the log is damaged in a way that no cut of the power explains. What has been
/// written by then is what the log said; the log is not emptied.
pub fn recover<D: Device>(device: &mut D, area: &Area, block_size: usize) -> Result<Recovered, Error> {
    let home = area.at(0)?;
    let mut bytes = zeroed(block_size)?;
    device.read(home, &mut bytes)?;
    let mut superblock = Superblock::read(&bytes, area.length())?;
    let mut recovered = Recovered::default();
    if superblock.start == 0 {
        return Ok(recovered);
    }
    let end = pass(device, area, superblock, None, Pass::Scan, block_size)?;
    let mut revokes = Revokes::default();
    pass(device, area, superblock, Some(end), Pass::Gather(&mut revokes), block_size)?;
    revokes.sort();
    pass(device, area, superblock, Some(end), Pass::Replay(&revokes, &mut recovered), block_size)?;
    recovered.transactions = end.0.wrapping_sub(superblock.sequence.0);
    device.flush()?;
    // The next transaction is not the one that was cut off: blocks of that are still in the log.
    superblock.sequence = end.next();
    superblock.start = 0;
    superblock.write(&mut bytes);
    device.write(home, &bytes)?;
    device.flush()?;
    Ok(recovered)
}
