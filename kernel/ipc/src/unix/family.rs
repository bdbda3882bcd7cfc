//! What makes sockets of this family.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result, net};
use lockorder::{Root, Task};
use socket::{Call, Family, Kind, New, Socket};

use super::endpoint::Endpoint;
use super::{connecting, ending, shown, socket as sockets};

/// Sockets between processes of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Unix;

/// A new socket's endpoint.
fn endpoint(new: New) -> Result<Arc<Endpoint>> {
    if new.protocol != 0 && new.protocol != net::AF_UNIX {
        return Err(Errno::EPROTONOSUPPORT);
    }
    // Berkeley had raw ones, that were as those of datagrams are.
    let kind = if new.kind == Kind::Raw { Kind::Datagram } else { new.kind };
    Endpoint::new(kind, new.protocol)
}

impl Family for Unix {
    fn number(&self) -> u32 {
        net::AF_UNIX
    }

    fn create(&self, held: &mut Root<'_, Task>, new: New, _call: &Call<'_>) -> Result<Arc<dyn Socket>> {
        let endpoint = endpoint(new)?;
        sockets::of(held, &endpoint)
    }

    fn shown(&self, held: &mut Root<'_, Task>, _kind: Kind) -> Result<Vec<u8>> {
        shown::text(held)
    }

    fn pair(&self, held: &mut Root<'_, Task>, new: New, call: &Call<'_>) -> Result<[Arc<dyn Socket>; 2]> {
        let (one, other) = (endpoint(new)?, endpoint(new)?);
        let credentials = call.credentials(held);
        connecting::join(held, [&one, &other], credentials);
        let first = match sockets::of(held, &one) {
            Ok(first) => first,
            Err(error) => {
                ending::close(&other, held, false);
                return Err(error);
            }
        };
        match sockets::of(held, &other) {
            Ok(second) => Ok([first, second]),
            Err(error) => {
                first.close(held);
                Err(error)
            }
        }
    }
}
