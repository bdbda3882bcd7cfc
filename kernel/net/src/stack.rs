//! The stack: all sockets, the interface and the device, as one value that knows of no lock, no thread and no user.
//!
//! | module | what |
//! |---|---|
//! | `device` | the loopback device: a few packets |
//! | `packet` | who sends a packet to whom |
//! | `slot` | what the stack has of a socket |
//! | `ready` | what can be done with it at once |
//! | `waits` | names of connections that have ended |
//! | `value` | the value: slots, and where packets go |
//! | `names` | which names a socket may have |
//! | `streams`, `messages` | what is done with streams, and with datagrams |
//! | `listed` | sockets as they are listed |
//! | `pump` | moving packets until nothing moves |

mod device;
mod listed;
mod messages;
mod names;
mod packet;
mod pump;
mod ready;
mod slot;
mod streams;
#[cfg(test)]
mod tests;
mod value;
mod waits;

pub(crate) use listed::Listed;
pub(crate) use messages::longest;
pub(crate) use slot::{SlotId, Transport};
pub(crate) use streams::Step;
pub(crate) use value::Stack;
