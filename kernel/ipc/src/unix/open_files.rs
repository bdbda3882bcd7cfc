//! A socket of this family as the system calls know it, and the way from an open file back to it.

use alloc::sync::Arc;

use fs::OpenFile;

use super::endpoint::Endpoint;

/// A socket.
pub(super) struct UnixSocket(pub(super) Arc<Endpoint>);

/// The socket of this family that an open file is; none of any other.
pub(super) fn endpoint_of(file: &OpenFile) -> Option<&Arc<Endpoint>> {
    let found = socket::file::of(file.file())?.socket().as_any().downcast_ref::<UnixSocket>()?;
    Some(&found.0)
}
