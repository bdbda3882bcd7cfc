//! Devices of virtual machines, over PCI: what of them needs `unsafe`.
//!
//! Of the crate `virtio-drivers` the transport over PCI and the queue are used. Its drivers wait by spinning, so they are not: a
//! [`Disk`] gives requests to the device and takes them back, in any order, and waits for nothing. What waits, and for how
//! long, is the business of the crate above.
//!
//! **Who may touch a request's memory** is its owner: a [`Request`] is moved into the disk when it is submitted, and comes back
//! when the device has answered. One that the device never answers stays the disk's for good.
//!
//! A device is found and set up once, at boot ([`find_disk`]): configuration goes through a pair of ports, which are nobody else's.
//! It interrupts by a message (MSI-X), which needs no wire and no tables of the firmware.

mod configuration;
mod disk;
mod memory;
mod message;

pub use disk::{Answer, Disk, Operation, Request, SECTOR, SetUpError, find_disk};
