//! The console that this program, the shell and all that it starts read and write.
//!
//! The kernel hands it over as the three standard streams. Where it has not, Rust's library has put `/dev/null` there, and the
//! console is opened here.

use std::io::{stdin, stdout};

use rustix::fs::{Mode, OFlags, fstat, major, minor, open as open_file};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::termios::{Winsize, tcsetwinsize};

/// The console.
const PATH: &str = "/dev/console";
/// The number of `/dev/null`.
const NULL: (u32, u32) = (1, 3);

/// Opens the console, unless the standard streams lead somewhere.
pub(crate) fn open() {
    let nowhere = |stat: rustix::io::Result<rustix::fs::Stat>| {
        stat.is_ok_and(|stat| (major(stat.st_rdev), minor(stat.st_rdev)) == NULL)
    };
    if nowhere(fstat(stdin())) && nowhere(fstat(stdout())) {
        // Where this fails nobody hears of it.
        let _ = open_file(PATH, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).and_then(|console| {
            dup2_stdin(&console)?;
            dup2_stdout(&console)?;
            dup2_stderr(&console)
        });
    }
}

/// Tells the console how large it is. One that is no terminal does not want to know.
pub(crate) fn set_size(rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let _ = tcsetwinsize(stdin(), size);
}
