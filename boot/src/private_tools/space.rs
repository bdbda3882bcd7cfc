//! Whether a disk has room for what is to be fetched.

use std::path::Path;

use crate::failure::Failure;

/// Whether the disk of `folder` has room for `bytes`; an amount that is not known is enough.
pub(super) fn suffices(folder: &Path, bytes: u64) -> Result<(), Failure> {
    match free(folder) {
        Some(free) if free < bytes => Err(Failure::NoSpace { folder: folder.into(), needed: bytes, free }),
        _ => Ok(()),
    }
}

/// How many bytes this user may still write to the disk of `folder`.
#[cfg(target_os = "linux")]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Elsewhere nothing is fetched.
#[cfg(not(target_os = "linux"))]
fn free(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::suffices;

    #[test]
    fn no_disk_has_room_for_everything() {
        suffices(Path::new("/"), 0).unwrap();
        suffices(Path::new("/nonexistent"), u64::MAX).unwrap();
        if cfg!(target_os = "linux") {
            assert!(suffices(Path::new("/"), u64::MAX).is_err());
        }
    }
}
