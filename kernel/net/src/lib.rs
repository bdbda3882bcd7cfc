//! The network inside one machine: TCP and UDP, of IP version 4 and 6, over the loopback device.
//!
//! | module | what |
//! |---|---|
//! | `stack` | all sockets as one value, on `smoltcp`; it knows of no lock, and is tested on a host |
//! | `network` | the kernel's stack: its lock, its clock, its thread |
//! | `shared` | what the stack publishes of a socket |
//! | `end`, `stream`, `datagram` | sockets, as files have them |
//! | `options` | options of TCP and IP |
//! | `address` | addresses as programs say them |
//! | `listing` | the lists of `/proc/net` |
//! | [`families`] | `AF_INET` and `AF_INET6` |
//!
//! **Locks.** One class, [`network::NetStack`], spinning: why is said there. It is never held while anybody waits or a fault is resolved.
//! Readiness is atomics, which the stack publishes under it.
//!
//! **What there is.** Addresses are those of this machine: 127.0.0.0/8 and `::1`; all else is `ENETUNREACH`. A listener of version 6
//! that has no address is one of version 4 too, unless `IPV6_V6ONLY` says otherwise. No urgent data, no fragments, no multicast,
//! no packets of the network's own.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod address;
mod datagram;
mod end;
pub mod families;
mod listing;
pub mod network;
mod options;
mod shared;
mod stack;
mod stream;
