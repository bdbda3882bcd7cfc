//! Which names sockets have: a table of all that are bound.
//!
//! A filesystem knows that an inode is a socket's name, and nothing else of it: the socket is found here, by the inode's identity, which is
//! its own as long as the name keeps it.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::sched::Mutex;
use fs::attributes::Wish;
use fs::{Kind, Start};
use lockorder::{Root, Task, hierarchy};
use socket::{Address, Call};

use super::endpoint::Endpoint;
use super::name::{Asked, Name, asked};

hierarchy! {
    /// Which socket has which name.
    pub class UnixNames in base::levels::Ipc = 7;
}

/// A socket with a name.
struct Bound {
    name: Arc<Name>,
    endpoint: Weak<Endpoint>,
}

/// Protects the table of names; class `UnixNames`.
static BOUND: Mutex<UnixNames, Vec<Bound>> = Mutex::new(Vec::new());

/// Has a name lead to a socket.
///
/// # Errors
///
/// [`Errno::EADDRINUSE`] for bytes that lead to another; [`Errno::ENOMEM`].
pub(super) fn add(held: &mut Root<'_, Task>, name: &Arc<Name>, endpoint: &Arc<Endpoint>) -> Result<()> {
    held.with(&BOUND, |bound, _| {
        if let Name::Abstract(bytes) = &**name
            && bound.iter().any(|bound| bound.name.is_abstract(bytes))
        {
            return Err(Errno::EADDRINUSE);
        }
        bound.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        bound.push(Bound { name: Arc::clone(name), endpoint: Arc::downgrade(endpoint) });
        Ok(())
    })
}

/// Has a socket's name lead nowhere; one that has it from its listener has none of its own.
pub(super) fn remove(held: &mut Root<'_, Task>, endpoint: &Arc<Endpoint>) {
    let gone = held.with(&BOUND, |bound, _| {
        let place = bound.iter().position(|bound| bound.endpoint.as_ptr() == Arc::as_ptr(endpoint))?;
        Some(bound.swap_remove(place))
    });
    // After the lock: it may keep an inode.
    drop(gone);
}

/// Has a name lead nowhere that has just been added.
pub(super) fn remove_one(held: &mut Root<'_, Task>, name: &Arc<Name>) {
    let gone = held.with(&BOUND, |bound, _| {
        let place = bound.iter().position(|bound| Arc::ptr_eq(&bound.name, name))?;
        Some(bound.swap_remove(place))
    });
    drop(gone);
}

/// Calls `each` with all names and their sockets.
pub(super) fn each(held: &mut Root<'_, Task>, mut each: impl FnMut(&Arc<Name>, &Arc<Endpoint>)) {
    held.with(&BOUND, |bound, _| {
        for bound in bound.iter() {
            if let Some(endpoint) = bound.endpoint.upgrade() {
                each(&bound.name, &endpoint);
            }
        }
    });
}

/// The socket whose name it is.
fn look_up(held: &mut Root<'_, Task>, is_name: impl Fn(&Name) -> bool) -> Result<Arc<Endpoint>> {
    let found = held.with(&BOUND, |bound, _| {
        bound.iter().find(|bound| is_name(&bound.name)).and_then(|bound| bound.endpoint.upgrade())
    });
    found.ok_or(Errno::ECONNREFUSED)
}

/// The socket that an address leads to.
///
/// # Errors
///
/// [`Errno::ECONNREFUSED`] where nobody has the name; [`Errno::EINVAL`] for no address; those of a path.
pub(super) fn find(held: &mut Root<'_, Task>, address: &Address, call: &Call<'_>) -> Result<Arc<Endpoint>> {
    let path = match asked(address)? {
        Asked::Any => return Err(Errno::EINVAL),
        Asked::Abstract(bytes) => return look_up(held, |name| name.is_abstract(bytes)),
        Asked::Path(path) => path,
    };
    let mut found = None;
    let mut walk = |held: &mut Root<'_, Task>, start: &Start<'_>| {
        let inode = start.find(held, path, true)?;
        start.caller.may(Wish::of(2), &inode.attributes(held))?;
        found = Some(inode);
        Ok(())
    };
    call.caller.ok_or(Errno::EINVAL)?.with_start(held, &mut walk)?;
    let inode = found.filter(|inode| inode.kind() == Kind::Socket).ok_or(Errno::ECONNREFUSED)?;
    let identity = inode.identity();
    look_up(held, |name| name.is_inode(identity))
}
