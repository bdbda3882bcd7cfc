//! What goes through pipes: between two threads, from many at once, and much of it.

use alloc::format;
use alloc::vec::Vec;

use base::sched::thread::CpuSet;
use base::sched::{self, Placement};
use base::time::Instant;
use base::{cpu, println};
use fs::File;
use lockorder::{Root, Task};

use super::{
    Verdict, WAIT, check, close, enter_memory, leave_memory, memory, pipe, read, same, says, stream, write,
};

/// How often the ball goes there and back.
const ROUNDS: u64 = 2000;

/// Two threads send a number to and fro; each adds one.
pub(super) fn a_ball_goes_there_and_back(held: &mut Root<'_, Task>) -> Verdict {
    let (there, back) = (pipe()?, pipe()?);
    let other = sched::spawn("player", Placement::default(), move |mut held| -> Verdict {
        enter_memory(&mut held)?;
        let (from, to) = (there.0, back.1);
        let result = rally(&mut held, &from, &to);
        leave_memory(&mut held);
        close(&mut held, from);
        close(&mut held, to);
        result
    });
    let (to, from) = (there.1, back.0);
    let slice = memory(0, 8)?;
    let began = Instant::now();
    for round in 0..ROUNDS {
        base::user::copy_out(held, slice, &(2 * round).to_le_bytes()).map_err(|_| "no memory")?;
        stream(&to)?.write(held, slice, WAIT).map_err(says("there"))?;
        stream(&from)?.read(held, slice, WAIT).map_err(says("back"))?;
        let mut ball = [0; 8];
        base::user::copy_in(held, slice, &mut ball).map_err(|_| "no memory")?;
        same("the ball", u64::from_le_bytes(ball), 2 * round + 1)?;
    }
    let each = began.elapsed().as_nanos() / u128::from(2 * ROUNDS);
    println!("pipes: {each} ns for a write, a wake-up and a read");
    close(held, to);
    close(held, from);
    other.join(held)
}

/// The other player: sends what it gets, and one more, until nothing comes.
fn rally(held: &mut Root<'_, Task>, from: &File, to: &File) -> Verdict {
    let slice = memory(0, 8)?;
    while stream(from)?.read(held, slice, WAIT).map_err(says("the other player reads"))? == 8 {
        let mut ball = [0; 8];
        base::user::copy_in(held, slice, &mut ball).map_err(|_| "no memory")?;
        let ball = (u64::from_le_bytes(ball) + 1).to_le_bytes();
        base::user::copy_out(held, slice, &ball).map_err(|_| "no memory")?;
        stream(to)?.write(held, slice, WAIT).map_err(says("the other player writes"))?;
    }
    Ok(())
}

/// Writers at one pipe.
const WRITERS: u8 = 4;
/// What each of them writes.
const RECORDS: usize = 300;
/// Lengths of records: small, in a buffer, and whole buffers.
const LENGTHS: [usize; 6] = [3, 512, 513, 1000, 4095, 4096];

/// Threads on several CPUs write records into one pipe: each comes in one piece.
pub(super) fn writes_of_many_are_whole(held: &mut Root<'_, Task>) -> Verdict {
    let (from, to) = pipe()?;
    let cpus: Vec<_> = cpu::all().collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let to = to.clone();
            let place = cpus[usize::from(writer) % cpus.len()];
            let placement = Placement { allowed: CpuSet::only(place), ..Placement::default() };
            sched::spawn("writer", placement, move |mut held| -> Verdict {
                enter_memory(&mut held)?;
                let result = (0..RECORDS).try_for_each(|record| {
                    let length = LENGTHS[(record + usize::from(writer)) % LENGTHS.len()];
                    let mut bytes = alloc::vec![writer; length];
                    let [low, high, ..] = length.to_le_bytes();
                    (bytes[0], bytes[1]) = (low, high);
                    let written = write(&mut held, &to, &bytes, WAIT).map_err(says("a record"))?;
                    same("a record's length", written, length)
                });
                leave_memory(&mut held);
                result
            })
        })
        .collect();
    let mut bytes = Vec::new();
    let expected: usize = (0..usize::from(WRITERS) * RECORDS)
        .map(|number| LENGTHS[(number % RECORDS + number / RECORDS) % LENGTHS.len()])
        .sum();
    let mut counts = [0; WRITERS as usize];
    let mut total = 0;
    while total < expected {
        let more = read(held, &from, 3000, WAIT).map_err(says("the reader"))?;
        check(!more.is_empty(), || format!("the pipe ended after {total} bytes of {expected}"))?;
        total += more.len();
        bytes.extend(more);
        while let &[low, high, writer, ..] = &bytes[..] {
            let length = usize::from(u16::from_le_bytes([low, high]));
            if length > bytes.len() {
                break;
            }
            check(LENGTHS.contains(&length), || format!("a record says that it has {length} bytes"))?;
            let record: Vec<_> = bytes.drain(..length).skip(2).collect();
            check(record.iter().all(|&byte| byte == writer), || {
                format!("a record of {length} bytes is mixed with another one")
            })?;
            counts[usize::from(writer)] += 1;
        }
    }
    writers.into_iter().try_for_each(|writer| writer.join(held))?;
    close(held, to);
    close(held, from);
    same("records of each", counts, [RECORDS; WRITERS as usize])
}

/// Bytes of the bulk.
const BULK: usize = 1 << 20;

/// The byte at a place of the bulk.
fn byte(place: usize) -> u8 {
    let place = place.wrapping_mul(0x9e37_79b1);
    (place >> 24).to_le_bytes()[0]
}

/// Much goes through, in writes and reads of odd lengths.
pub(super) fn bytes_come_in_order(held: &mut Root<'_, Task>) -> Verdict {
    for (most_written, most_read) in [(100_003, 5000), (777, 70_001), (4096, 4096), (65_536, 131_072)] {
        let (from, to) = pipe()?;
        let writer = sched::spawn("writer", Placement::default(), move |mut held| -> Verdict {
            enter_memory(&mut held)?;
            let mut done = 0;
            while done < BULK {
                let count = most_written.min(BULK - done);
                let bytes: Vec<_> = (done..done + count).map(byte).collect();
                let written = write(&mut held, &to, &bytes, WAIT).map_err(says("the writer"))?;
                same("written", written, count)?;
                done += count;
            }
            leave_memory(&mut held);
            close(&mut held, to);
            Ok(())
        });
        let mut done = 0;
        loop {
            let bytes = read(held, &from, most_read, WAIT).map_err(says("the reader"))?;
            if bytes.is_empty() {
                break;
            }
            let wrong = bytes.iter().zip(done..).position(|(&found, place)| found != byte(place));
            check(wrong.is_none(), || format!("after {done} bytes, of {}: {wrong:?}", bytes.len()))?;
            done += bytes.len();
        }
        writer.join(held)?;
        close(held, from);
        same("bytes read", done, BULK)?;
    }
    Ok(())
}
