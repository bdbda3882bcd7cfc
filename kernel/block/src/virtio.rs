//! The disk of a virtual machine, and the queue of requests to it.
//!
//! A request goes through these steps; `n` is its place.
//!
//! 1. A thread acquires place `n` ([`DiskPlace`]), and has the memory that is kept there.
//! 2. Under the queue ([`DiskQueue`]) it leaves a reference to the place's completion, and gives the memory to the device.
//! 3. It waits, with the place held.
//! 4. The handler takes what the device has answered, leaves it in the queue at `n`, and completes.
//! 5. The thread takes it from there, and has the memory again.
//!
//! A device that does not answer in time keeps the memory, and the place has none: who comes to it next looks whether the answer
//! has come by then, and fails otherwise. So a late answer finds its own place, and nobody uses memory that the device may write to.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use base::interrupt::{self, Vector};
use base::mm::fallible::try_arc;
use base::println;
use base::sched::{Completion, Mutex};
use base::virtio::{Answer, Disk, Operation, Request, find_disk};
use lockorder::{Atomic, Before, HardIrq, Held, IrqSpinLock, Root, Task, hierarchy};

use crate::device::{BlockDevice, DiskPlace, Error, LIMIT, SECTOR};

hierarchy! {
    /// The disk and the requests that it has; also acquired by its interrupt handler.
    pub class DiskQueue in base::levels::Device = 1;
    /// That the disk has answered a request.
    pub class DiskAnswer in base::levels::Device = 2;
}

/// How many requests there are at once.
const PLACES: usize = 16;
const _: () = assert!(PLACES <= Disk::REQUESTS, "each place's request finds room in the disk's queue");

/// The disk's interrupt.
const VECTOR: Vector = Vector::new(0x35);

type Shared = Arc<Completion<DiskAnswer>>;

/// What belongs to a place.
struct Place {
    /// The memory; none before the first request, and while a device has it that does not answer.
    request: Option<Request>,
    /// What the holder waits at.
    completion: Option<Shared>,
    /// Whether the device has the memory.
    lost: bool,
}

/// The disk, and what it has.
struct Queue {
    disk: Disk,
    /// What is completed when a place's request is answered.
    waiting: [Option<Shared>; PLACES],
    /// What was answered and is to be fetched.
    answered: [Option<(Answer, Request)>; PLACES],
}

/// Each protects the memory of one request; class `DiskPlace`.
static HOLDERS: [Mutex<DiskPlace, Place>; PLACES] =
    [const { Mutex::new(Place { request: None, completion: None, lost: false }) }; PLACES];
/// Protects the disk; class `DiskQueue`. Empty where there is none.
static QUEUE: IrqSpinLock<DiskQueue, Option<Queue>> = IrqSpinLock::new(None);
/// The place that the next request is tried at.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Finds the disk, if there is one. Once, at boot.
pub fn start(held: &mut Root<'_, Atomic>) {
    if let Err(taken) = interrupt::register(VECTOR, answered) {
        println!("kernel: no disk: {taken}");
        return;
    }
    match find_disk(VECTOR) {
        Ok(None) => {}
        Err(error) => println!("kernel: no disk: {error}"),
        Ok(Some(disk)) => held.with(&QUEUE, |queue, _held| {
            *queue =
                Some(Queue { disk, waiting: [const { None }; PLACES], answered: [const { None }; PLACES] });
        }),
    }
}

/// The disk has answered some requests.
fn answered(mut held: Root<'_, HardIrq>) {
    let handler = held.in_handler();
    held.with(&QUEUE, |queue, _held| {
        let Some(Queue { disk, waiting, answered }) = queue else { return };
        while let Some((place, answer, request)) = disk.take_answered() {
            answered[place] = Some((answer, request));
            if let Some(completion) = &waiting[place] {
                completion.complete(handler);
            }
        }
    });
}

/// The disk of a virtual machine.
#[derive(Clone, Copy, Debug)]
pub struct VirtioDisk {
    sectors: u64,
    read_only: bool,
    has_flush: bool,
}

impl VirtioDisk {
    /// The machine's, if it has one.
    pub fn find<H: Before<DiskPlace>>(held: &mut Held<'_, H, Task>) -> Option<Self> {
        held.below::<DiskPlace>().to_task().with(&QUEUE, |queue, _held| {
            queue.as_ref().map(|Queue { disk, .. }| Self {
                sectors: disk.sectors(),
                read_only: disk.is_read_only(),
                has_flush: disk.has_flush(),
            })
        })
    }

    /// Has the disk do something with a request's memory, which `fill` fills in before and `fetch` looks at after.
    fn request<H: Before<DiskPlace>>(
        held: &mut Held<'_, H, Task>,
        operation: Operation,
        fill: impl FnOnce(&mut [u8]),
        fetch: impl FnOnce(&[u8]),
    ) -> Result<(), Error> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % PLACES;
        held.below::<DiskPlace>().with(&HOLDERS[number], |place, mut held| {
            if place.lost {
                // What came late is this place's own.
                let late = held.with(&QUEUE, |queue, _held| queue.as_mut()?.answered[number].take());
                let (_, request) = late.ok_or(Error::Silent)?;
                (place.request, place.lost) = (Some(request), false);
            }
            let mut request = match place.request.take() {
                Some(request) => request,
                None => Request::new().ok_or(Error::Memory)?,
            };
            let kept = place.completion.take();
            let Some(completion) = kept.or_else(|| try_arc(Completion::new()).ok()) else {
                place.request = Some(request);
                return Err(Error::Memory);
            };
            fill(request.data());
            let shared = Arc::clone(&completion);
            let refused = held.with(&QUEUE, |queue, _held| {
                let Some(queue) = queue else { return Some((request, Some(shared))) };
                queue.waiting[number] = Some(shared);
                let refused = queue.disk.submit(request, operation, number).err();
                refused.map(|request| (request, queue.waiting[number].take()))
            });
            if let Some((request, _)) = refused {
                place.request = Some(request);
                place.completion = Some(completion);
                return Err(Error::Outside);
            }
            // Whether it was in time shows in what lies there.
            let _ = completion.wait_for(&mut held, LIMIT);
            let (shared, answered) = held.with(&QUEUE, |queue, _held| {
                queue.as_mut().map_or((None, None), |queue| {
                    (queue.waiting[number].take(), queue.answered[number].take())
                })
            });
            drop(shared);
            let Some((answer, mut request)) = answered else {
                place.lost = true;
                return Err(Error::Silent);
            };
            let mut completion = completion;
            // Nobody else refers to it: the queue's reference is gone.
            if let Some(own) = Arc::get_mut(&mut completion) {
                own.reset();
                place.completion = Some(completion);
            }
            fetch(request.data());
            place.request = Some(request);
            match answer {
                Answer::Done => Ok(()),
                Answer::Failed => Err(Error::Failed),
            }
        })
    }
}

impl BlockDevice for VirtioDisk {
    fn sectors(&self) -> u64 {
        self.sectors
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn read<H: Before<DiskPlace>>(
        &self,
        held: &mut Held<'_, H, Task>,
        sector: u64,
        into: &mut [u8],
    ) -> Result<(), Error> {
        let length = whole(into.len())?;
        let fetch = |data: &[u8]| into.copy_from_slice(&data[..length]);
        Self::request(held, Operation::Read { sector, length }, |_| (), fetch)
    }

    fn write<H: Before<DiskPlace>>(
        &self,
        held: &mut Held<'_, H, Task>,
        sector: u64,
        from: &[u8],
    ) -> Result<(), Error> {
        let length = whole(from.len())?;
        let fill = |data: &mut [u8]| data[..length].copy_from_slice(from);
        Self::request(held, Operation::Write { sector, length }, fill, |_| ())
    }

    fn flush<H: Before<DiskPlace>>(&self, held: &mut Held<'_, H, Task>) -> Result<(), Error> {
        if !self.has_flush {
            // What is answered is durable.
            return Ok(());
        }
        Self::request(held, Operation::Flush, |_| (), |_| ())
    }
}

/// A length that a request can have.
fn whole(length: usize) -> Result<usize, Error> {
    let fits = length > 0 && length.is_multiple_of(SECTOR) && length <= base::mm::page::PAGE_SIZE;
    if fits { Ok(length) } else { Err(Error::Outside) }
}
