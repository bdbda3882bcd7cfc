//! The kernel's own file systems.

use std::fs;

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount};

/// What is mounted: its kind, where, how. What the first one brings the others may need.
const MOUNTS: [(&str, &str, MountFlags); 4] = [
    ("proc", "/proc", HARMLESS),
    ("sysfs", "/sys", HARMLESS),
    ("devtmpfs", "/dev", MountFlags::NOSUID),
    ("devpts", "/dev/pts", MountFlags::NOSUID.union(MountFlags::NOEXEC)),
];

/// Neither programs nor devices are on it.
const HARMLESS: MountFlags = MountFlags::NOSUID.union(MountFlags::NOEXEC).union(MountFlags::NODEV);

/// Mounts all that the kernel has. One that is there already or that the kernel does not know is none that fails.
pub(crate) fn mount_all() {
    for (kind, place, flags) in MOUNTS {
        // It is there, or mounting says so.
        let _ = fs::create_dir(place);
        match mount(kind, place, kind, flags, None) {
            Ok(()) | Err(Errno::BUSY | Errno::NODEV) => {}
            Err(error) => eprintln!("init: cannot mount {kind} at {place}: {error}"),
        }
    }
}
