//! A disk of a virtual machine (Virtual I/O Device Version 1.2, section 5.2).
//!
//! A request has a header, data and a byte of status, three parts of which the device reads or writes each. They lie in two
//! frames of the request's own.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use bitflags::bitflags;
use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::pci::bus::{Command, DeviceFunction, PciRoot};
use virtio_drivers::transport::pci::{PciTransport, virtio_device_type};
use virtio_drivers::transport::{DeviceType, Transport};

use super::configuration::{Ports, map_registers};
use super::memory::Memory;
use super::message;
use crate::interrupt::Vector;
use crate::mm::frames::{ContiguousFrames, allocate_contiguous, free_contiguous};
use crate::mm::page::PAGE_SIZE;
use machine::cpu;

/// Bytes of a sector, in which a disk counts.
pub const SECTOR: usize = 512;
/// Descriptors of the queue.
const DESCRIPTORS: usize = 64;
/// Descriptors of a request.
const PARTS: usize = 3;
/// Requests that the device has at once.
const REQUESTS: usize = DESCRIPTORS / PARTS;
/// Bytes of a request's header.
const HEADER: usize = 16;
/// The one queue.
const QUEUE: u16 = 0;

bitflags! {
    /// What a disk can do, of what is used here.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Features: u64 {
        /// It is never written.
        const READ_ONLY = 1 << 5;
        /// It can be told to make writes durable.
        const FLUSH = 1 << 9;
        /// It follows version 1 of the specification.
        const VERSION_1 = 1 << 32;
    }
}

/// What a disk is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Data from a sector on.
    Read {
        /// The first sector.
        sector: u64,
        /// How many bytes, whole sectors, a page at most.
        length: usize,
    },
    /// Data to a sector and those behind it.
    Write {
        /// The first sector.
        sector: u64,
        /// How many bytes, whole sectors, a page at most.
        length: usize,
    },
    /// What was written before is to be durable.
    Flush,
}

/// How a disk has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has done it.
    Done,
    /// It could not.
    Failed,
}

/// The memory of a request that no device has.
#[derive(Debug)]
pub struct Request {
    frames: ContiguousFrames,
}

impl Request {
    /// A request's memory, if there is some.
    #[must_use]
    pub fn new() -> Option<Self> {
        let mut frames = allocate_contiguous(2, PAGE_SIZE as u64)?;
        frames.words().fill(0);
        Some(Self { frames })
    }

    fn bytes(&mut self) -> &mut [u8] {
        let words = self.frames.words();
        let length = size_of_val(words);
        // SAFETY: words are bytes, as many; the borrow is the same.
        unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), length) }
    }

    /// The data: what is to be written, or was read. A page.
    pub fn data(&mut self) -> &mut [u8] {
        &mut self.bytes()[PAGE_SIZE..]
    }

    /// Gives the memory back.
    pub fn free(self) {
        free_contiguous(self.frames);
    }

    /// The parts: header, data, status.
    fn parts(&mut self, length: usize) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let (first, data) = self.bytes().split_at_mut(PAGE_SIZE);
        let (header, rest) = first.split_at_mut(HEADER);
        (header, &mut data[..length.min(PAGE_SIZE)], &mut rest[..1])
    }
}

/// A request that the device has.
#[derive(Debug)]
struct InFlight {
    request: Request,
    operation: Operation,
    /// Whose it is.
    owner: usize,
}

/// A disk.
#[derive(Debug)]
pub struct Disk {
    transport: PciTransport,
    queue: VirtQueue<Memory, DESCRIPTORS>,
    /// By the first descriptor.
    in_flight: [Option<InFlight>; DESCRIPTORS],
    features: Features,
    sectors: u64,
}

impl Disk {
    /// How many requests it can have at once.
    pub const REQUESTS: usize = REQUESTS;

    /// How many sectors it has.
    #[must_use]
    pub const fn sectors(&self) -> u64 {
        self.sectors
    }

    /// Whether it is never written.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.features.contains(Features::READ_ONLY)
    }

    /// Whether it has to be told to make writes durable; otherwise they are when they are answered.
    #[must_use]
    pub const fn has_flush(&self) -> bool {
        self.features.contains(Features::FLUSH)
    }

    /// Gives the device a request, whose data are filled in; `owner` comes back with the answer.
    ///
    /// # Errors
    ///
    /// The request, if the device has as many as it can, or the operation is none that it can do.
    pub fn submit(
        &mut self,
        mut request: Request,
        operation: Operation,
        owner: usize,
    ) -> Result<(), Request> {
        let (code, sector, length) = match operation {
            Operation::Read { sector, length } => (0_u32, sector, length),
            Operation::Write { sector, length } => (1, sector, length),
            Operation::Flush => (4, 0, 0),
        };
        let whole = length.is_multiple_of(SECTOR) && length <= PAGE_SIZE && (length > 0 || code == 4);
        let end = sector.checked_add((length / SECTOR) as u64);
        if !whole || end.is_none_or(|end| end > self.sectors) {
            return Err(request);
        }
        let (header, data, status) = request.parts(length);
        header[..4].copy_from_slice(&code.to_le_bytes());
        header[4..8].fill(0);
        header[8..].copy_from_slice(&sector.to_le_bytes());
        status.fill(u8::MAX);
        // SAFETY: the parts are the request's own frames, which are kept in `in_flight`, and not touched, until the device has
        // answered; where the queue refuses them it has not kept them.
        let added = unsafe {
            match operation {
                Operation::Read { .. } => self.queue.add(&[header], &mut [data, status]),
                Operation::Write { .. } => self.queue.add(&[header, data], &mut [status]),
                Operation::Flush => self.queue.add(&[header], &mut [status]),
            }
        };
        let Ok(token) = added else { return Err(request) };
        self.in_flight[usize::from(token) % DESCRIPTORS] = Some(InFlight { request, operation, owner });
        if self.queue.should_notify() {
            self.transport.notify(QUEUE);
        }
        Ok(())
    }

    /// Takes back a request that the device has answered: its owner, the answer and its memory; `None` when there is none. An
    /// answer to what the device was not asked ends this for good: the device cannot be trusted with more.
    pub fn take_answered(&mut self) -> Option<(usize, Answer, Request)> {
        let token = self.queue.peek_used()?;
        let slot = self.in_flight.get_mut(usize::from(token))?;
        let InFlight { mut request, operation, owner } = slot.take()?;
        let length = match operation {
            Operation::Read { length, .. } | Operation::Write { length, .. } => length,
            Operation::Flush => 0,
        };
        let (header, data, status) = request.parts(length);
        // SAFETY: the same parts as were added when the queue gave this token.
        let popped = unsafe {
            match operation {
                Operation::Read { .. } => self.queue.pop_used(token, &[header], &mut [data, &mut *status]),
                Operation::Write { .. } => self.queue.pop_used(token, &[header, data], &mut [&mut *status]),
                Operation::Flush => self.queue.pop_used(token, &[header], &mut [&mut *status]),
            }
        };
        let answer = if popped.is_ok() && status[0] == 0 { Answer::Done } else { Answer::Failed };
        Some((owner, answer, request))
    }
}

/// Why a disk that is there cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUpError {
    /// Its registers could not be mapped.
    Registers,
    /// The transport does not understand it.
    Transport,
    /// It cannot interrupt by messages.
    Messages,
    /// Its queue could not be made.
    Queue,
}

impl fmt::Display for SetUpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Registers => {
                "its registers cannot be mapped: there is no memory, or something else is there"
            }
            Self::Transport => "it is no device of version 1: start QEMU with `disable-legacy=on`",
            Self::Messages => "it cannot interrupt by messages (MSI-X): give it a `vectors` of 2",
            Self::Queue => "its queue is too short, or there is no memory",
        })
    }
}

impl core::error::Error for SetUpError {}

/// Whether it has been looked for: once.
static SOUGHT: AtomicBool = AtomicBool::new(false);

/// Finds the first disk and sets it up: it interrupts this CPU with `vector` when it has answered, for which a handler is
/// registered before. Once, at boot; later callers find none.
///
/// # Errors
///
/// [`SetUpError`] if there is one that cannot be used. `None` if there is none.
pub fn find_disk(vector: Vector) -> Result<Option<Disk>, SetUpError> {
    if SOUGHT.swap(true, Ordering::Relaxed) {
        return Ok(None);
    }
    // SAFETY: nothing else in the kernel uses the ports, and this is done once.
    let mut root = PciRoot::new(unsafe { Ports::new() });
    let found = root.enumerate_bus(0).find(|(_, info)| virtio_device_type(info) == Some(DeviceType::Block));
    match found {
        Some((device, _)) => set_up(&mut root, device, vector).map(Some),
        None => Ok(None),
    }
}

fn set_up(root: &mut PciRoot<Ports>, device: DeviceFunction, vector: Vector) -> Result<Disk, SetUpError> {
    map_registers(root, device).map_err(|_| SetUpError::Registers)?;
    let (_, command) = root.get_status_command(device);
    root.set_command(device, command | Command::MEMORY_SPACE | Command::BUS_MASTER);
    let mut transport = PciTransport::new::<Memory, _>(root, device).map_err(|_| SetUpError::Transport)?;
    if !message::set_up(root, device, cpu::current().apic_id(), vector) {
        return Err(SetUpError::Messages);
    }
    let features = transport.begin_init(Features::all());
    if !features.contains(Features::VERSION_1) {
        return Err(SetUpError::Transport);
    }
    if !message::use_for_queue(root, device) {
        return Err(SetUpError::Messages);
    }
    let queue = VirtQueue::new(&mut transport, QUEUE, false, false).map_err(|_| SetUpError::Queue)?;
    let word = |at| transport.read_config_space::<u32>(at).map_err(|_| SetUpError::Transport);
    let sectors = u64::from(word(0)?) | u64::from(word(4)?) << 32;
    transport.finish_init();
    Ok(Disk { transport, queue, in_flight: [const { None }; DESCRIPTORS], features, sectors })
}
