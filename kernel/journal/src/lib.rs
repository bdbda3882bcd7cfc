//! Transactions over blocks of a disk, in the JBD2 format that ext3 uses.
//!
//! # Protocol
//!
//! A change of a filesystem touches several blocks, and a disk writes one at a time. So the blocks of many changes are gathered in
//! memory as one *transaction*, and go to the disk twice: first to the *log*, then *home*. There is one running transaction.
//!
//! 1. A change begins a [`Handle`] with *credits*: how many blocks it touches at most. If the running transaction has no room for
//!    them, it is committed first; so the middle of a change never waits for room. A handle that is cancelled leaves every block as
//!    it was before.
//! 2. *Commit*: (a) data of files go home ([`Handle::write_data`]; the log holds metadata only: *ordered mode*); (b) revoke
//!    blocks, descriptor blocks and images of the changed blocks go to the log; (c) **flush**; (d) the commit block goes to the log;
//!    (e) **flush**. After (e) the transaction survives a cut of the power; before (d) it never happened. Flush (c) keeps
//!    the disk from writing the commit block before what it vouches for.
//! 3. *Checkpoint*, when the log has no room for the next commit: committed images go home, **flush**, the log's superblock says
//!    that the log is empty, **flush**. Only then the log's blocks are written again.
//! 4. *Recovery* ([`recover`]) reads the log from where its superblock says. Pass one finds the last transaction that has a commit
//!    block; pass two gathers revokes; pass three writes home every image that is not revoked. Then the log is empty.
//!    Recovery that is itself cut short is begun anew: it writes the same blocks.
//!
//! **Revokes.** A directory's block is logged, the directory is removed, and the block becomes a file's data, which goes
//! home without the log. A replay of the old image would overwrite the file. So the transaction that frees a metadata block
//! revokes it: images of it from that transaction and earlier ones are not replayed.
//!
//! **No block is used again before its release is committed** ([`Handle::reusable`]): else a cut would leave its old owner, which
//! comes back, with the new owner's data.
//!
//! # On-disk format
//!
//! All numbers are big-endian. The log is an inode's blocks, in its order ([`Area`]). Block 0 is the log's superblock; from
//! block `first` on, the log is a ring.
//!
//! | block | content |
//! |---|---|
//! | every log block but images | magic `C03B3998`, type, sequence number of the transaction |
//! | superblock (type 3, 4) | block size 12, length 16, `first` 20, sequence 24 and block 28 where recovery begins (block 0: empty), error 32, features 36–47, UUID 48 |
//! | descriptor (type 1) | from 12 on a tag for each image behind it: home block, 16 bits unused, flags; a UUID behind a tag without flag 2 |
//! | image | a block; where it begins with the magic number, flag 1 of its tag is set and its first four bytes are 0 |
//! | revoke (type 5) | used bytes 12; from 16 on block numbers |
//! | commit (type 2) | nothing else that counts |
//!
//! Flags of tags: 1 escaped, 2 same UUID as before, 4 deleted, 8 last tag of the block. Sequence numbers wrap: they are
//! compared by difference.
//!
//! # Rules of locks
//!
//! There are none in here. A [`Handle`] borrows the journal exclusively: whoever shares a [`Journal`] holds a lock over it.
//! A commit waits for the disk.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod area;
mod device;
mod format;
mod handle;
mod log;
mod recovery;
mod table;
mod transactions;

pub use area::Area;
pub use device::{Block, Blocks, Device, Error, Failed, zeroed};
pub use handle::Handle;
pub use recovery::{Recovered, recover};
pub use transactions::{Journal, Reading};

#[cfg(test)]
mod tests;
