//! The life of a small file.

use std::fs::{File, remove_file};
use std::io::{self, Read, Seek, Write};
use std::time::{Duration, Instant};

/// Files that are created, written, read back and unlinked.
pub(crate) fn life(count: u64) -> io::Result<Duration> {
    let path = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
    let (written, mut read) = ([7; 4096], [0; 4096]);
    let began = Instant::now();
    for _ in 0..count {
        let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
        file.write_all(&written)?;
        file.rewind()?;
        file.read_exact(&mut read)?;
        drop(file);
        remove_file(&path)?;
    }
    let took = began.elapsed();
    if count > 0 && read != written {
        return Err(io::Error::other("what was read is not what was written"));
    }
    Ok(took)
}
