//! Attributes of an inode that no directory lists: of an open pipe without a name, or of a socket.
//!
//! Each kind is a filesystem of its own that nobody mounts, with a device number that no other one has. The attributes are atomics
//! and there is no lock: each is read and changed by itself, and none depends on another.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::attributes::{Attributes, Change, Kind, Timestamp};

/// What is known of such an inode.
#[derive(Debug)]
pub struct Unlisted {
    /// Its filesystem's device number, and its own number there.
    identity: (u64, u64),
    kind: Kind,
    permissions: AtomicU32,
    uid: AtomicU32,
    gid: AtomicU32,
    made: Timestamp,
}

impl Unlisted {
    /// A new one, made now, of a user and a group.
    #[must_use]
    pub fn new(identity: (u64, u64), kind: Kind, permissions: u32, [uid, gid]: [u32; 2]) -> Self {
        Self {
            identity,
            kind,
            permissions: AtomicU32::new(permissions),
            uid: AtomicU32::new(uid),
            gid: AtomicU32::new(gid),
            made: Timestamp::now(),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its filesystem's device number, and its own number there.
    #[must_use]
    pub const fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// Its attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        let (device, number) = self.identity;
        Attributes {
            kind: self.kind,
            permissions: self.permissions.load(Ordering::Relaxed),
            uid: self.uid.load(Ordering::Relaxed),
            gid: self.gid.load(Ordering::Relaxed),
            links: 1,
            size: 0,
            blocks: 0,
            device,
            number,
            accessed: self.made,
            modified: self.made,
            changed: self.made,
        }
    }

    /// Changes permissions and owners; its times stay.
    pub fn change(&self, change: Change) {
        for (place, value) in [
            (&self.permissions, change.permissions.map(|bits| bits & 0o7777)),
            (&self.uid, change.uid),
            (&self.gid, change.gid),
        ] {
            if let Some(value) = value {
                place.store(value, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Unlisted;
    use crate::attributes::{Change, Kind};

    #[test]
    fn what_is_changed_is_changed_and_the_rest_stays() {
        let inode = Unlisted::new((7, 3), Kind::Socket, 0o777, [1000, 1001]);
        inode.change(Change { permissions: Some(0o17_640), gid: Some(5), ..Change::default() });
        let attributes = inode.attributes();
        assert_eq!((attributes.permissions, attributes.uid, attributes.gid), (0o7640, 1000, 5));
        assert_eq!((attributes.device, attributes.number, attributes.kind), (7, 3, Kind::Socket));
    }
}
