//! What a disk does, and how it fails.

use core::fmt;
use core::time::Duration;

use lockorder::{Before, Held, Task, hierarchy};

hierarchy! {
    /// A place among the requests to a disk, from a request's making to its end.
    pub class DiskPlace in base::levels::Device = 0;
}

/// Bytes of a sector.
pub const SECTOR: usize = base::virtio::SECTOR;

/// How long a disk may take for a request.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A disk did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It says that it could not.
    Failed,
    /// It did not answer in time, now or earlier.
    Silent,
    /// It has no such sectors, or they are not whole, or more than a page.
    Outside,
    /// There is no memory for the request.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Failed => "the disk could not read or write",
            Self::Silent => "the disk does not answer",
            Self::Outside => "the disk has no such sectors",
            Self::Memory => "there is no memory for a request to the disk",
        })
    }
}

impl core::error::Error for Error {}

/// A disk.
pub trait BlockDevice {
    /// How many sectors it has.
    fn sectors(&self) -> u64;

    /// Whether it is never written.
    fn is_read_only(&self) -> bool;

    /// Reads sectors from `sector` on, as many as fill `into`.
    ///
    /// # Errors
    ///
    /// [`Error`]: `into` may have been changed.
    fn read<H: Before<DiskPlace>>(
        &self,
        held: &mut Held<'_, H, Task>,
        sector: u64,
        into: &mut [u8],
    ) -> Result<(), Error>;

    /// Writes sectors from `sector` on.
    ///
    /// # Errors
    ///
    /// [`Error`]: what of it has been written is unknown.
    fn write<H: Before<DiskPlace>>(
        &self,
        held: &mut Held<'_, H, Task>,
        sector: u64,
        from: &[u8],
    ) -> Result<(), Error>;

    /// Makes durable what was written before.
    ///
    /// # Errors
    ///
    /// [`Error`]: what of it is durable is unknown.
    fn flush<H: Before<DiskPlace>>(&self, held: &mut Held<'_, H, Task>) -> Result<(), Error>;
}
