//! The shell, and whatever it leaves behind.
//!
//! Commands are run by `/bin/sh`; whoever types has root's shell, as `/etc/passwd` names it. It is a child of process 1, and the leader of a session that the console belongs to. A session is entered between two
//! programs, by this one once more with [`SESSION`] as its argument: so no code runs in a process that is half another's.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, stdin};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, WaitOptions, ioctl_tiocsctty, setsid, wait};

use crate::options::Options;

/// The shell.
pub(crate) const SHELL: &str = "/bin/sh";
/// Argument of this program that has it enter a session and become the program that follows.
pub(crate) const SESSION: &str = "--session";

/// Accounts, and the shell of each at the end of its line.
const ACCOUNTS: &str = "/etc/passwd";

/// Where the shell looks for programs.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// Whose shell it is.
const HOME: &str = "/root";
/// What is said of a terminal of which nothing is known.
const TERMINAL: &str = "vt100";

/// Exit status of what cannot be found, and of what cannot be run, as shells have it.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// Becomes the program that the arguments name, in a session of its own.
pub(crate) fn enter(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(program) = arguments.next() else { return ExitCode::from(NOT_FOUND) };
    // Where standard input is no terminal, as in a test, the session has none.
    let _ = setsid().and_then(|_| ioctl_tiocsctty(stdin()));
    let error = Command::new(&program).args(arguments).exec();
    eprintln!("init: {}: {error}", program.display());
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN })
}

/// Root's shell.
fn login_shell() -> String {
    let accounts = fs::read_to_string(ACCOUNTS).unwrap_or_default();
    shell_of(&accounts, "root").unwrap_or(SHELL).to_owned()
}

/// The shell of an account; none where it has none.
fn shell_of<'a>(accounts: &'a str, name: &str) -> Option<&'a str> {
    let account = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    account.split(':').nth(6).filter(|shell| shell.starts_with('/'))
}

/// Runs the shell to its end, collecting on the way who has lost their parent; gives its status.
pub(crate) fn run(options: &Options) -> io::Result<u8> {
    let this = env::args_os().next().unwrap_or_else(|| "/sbin/init".into());
    let shell = options.command.as_ref().map_or_else(login_shell, |_| SHELL.to_owned());
    let mut command = Command::new(this);
    command.arg(SESSION).arg(&shell).env_clear();
    let terminal = options.terminal.as_deref().unwrap_or(TERMINAL);
    for (name, value) in [
        ("PATH", PATH),
        ("HOME", HOME),
        ("TERM", terminal),
        ("USER", "root"),
        ("LOGNAME", "root"),
        ("SHELL", &shell),
    ] {
        command.env(name, value);
    }
    if let Some(line) = &options.command {
        command.args([OsStr::new("-c"), OsStr::new(line)]);
    } else {
        println!("init: starting {}", shell.rsplit('/').next().unwrap_or(&shell));
        command.args(["-l", "-i"]);
        // Its own directory, which the shell inherits: where one is named for the child only, the standard library wants
        // sockets, which the kernel may not have. Without that directory the shell starts in the root.
        let _ = env::set_current_dir(HOME);
    }
    let leader = Pid::from_child(&command.spawn()?);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((child, status))) if child == leader => {
                // Killed by a signal, it ends as shells say that of others.
                let code =
                    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
                return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shell_of;

    #[test]
    fn an_account_has_a_shell() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:\nshort:x\n";
        assert_eq!(shell_of(accounts, "root"), Some("/bin/bash"));
        assert_eq!((shell_of(accounts, "user"), shell_of(accounts, "short")), (None, None));
        assert_eq!((shell_of(accounts, "nobody"), shell_of("", "root")), (None, None));
    }
}
