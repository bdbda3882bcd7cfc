//! Commands as they are typed: what is piped in is read, and Debian's programs run.
//!
//! The programs are those of the distribution's packages, unmodified, with their libraries. Where packages cannot be had that is said,
//! and the test passes over.

use std::io::{self, Write};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use boot::failure::Failure;
use boot::initramfs::DebianRoot;
use rustix::process::{Pid, Signal, kill_process};

/// Longest time of one command, the kernel's build included.
const LIMIT: Duration = Duration::from_mins(6);

/// Runs `cargo run` with these arguments and this on its standard input; gives what it printed.
fn cargo_run(arguments: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--"]).args(arguments).current_dir(tests::root());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("cargo runs");
    let mut keyboard = child.stdin.take().expect("piped");
    keyboard.write_all(typed.as_bytes()).expect("it is read");
    drop(keyboard);
    ended(child).expect("it is this test's child")
}

/// Waits for a child's end; one that takes too long is killed, and what it has printed is given.
fn ended(child: Child) -> io::Result<Output> {
    let id = Pid::from_child(&child);
    let waits = thread::spawn(move || child.wait_with_output());
    let began = Instant::now();
    while !waits.is_finished() {
        if began.elapsed() > LIMIT {
            // Its own guest ends with it.
            let _ = kill_process(id, Signal::TERM);
        }
        thread::sleep(Duration::from_millis(50));
    }
    waits.join().expect("waiting does not panic")
}

/// What a command printed, and what it complained of.
fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_piped_in_is_typed_for_the_shell() {
    let output = cargo_run(&[], "echo sum-$((6 * 7))\nuname\n");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let answered = |line: &str| said.lines().any(|said| said == line);
    assert!(answered("sum-42") && answered("Linux"), "{said}");
}

#[test]
fn a_clock_that_is_set_shows_that_to_programs() {
    // The shell has run and read the clock before; `date` reads it in user mode, `ls` what the kernel has noted.
    let script = "date +%Y; date -s '2031-05-06 07:08:09' > /dev/null; date +%Y-%m-%d; touch /tmp/a; ls --full-time /tmp/a";
    let output = cargo_run(&["run", "--cmd", script], "");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.lines().any(|said| said == "2031-05-06"), "{said}");
    assert!(said.contains(" 2031-05-06 07:08:"), "{said}");
}

#[test]
fn programs_of_debian_run() {
    match DebianRoot::with(&[]).archive() {
        Ok(_) => {}
        Err(failure @ (Failure::Root(_) | Failure::Program(..))) => {
            eprintln!("passed over: {failure}");
            return;
        }
        Err(failure) => panic!("{failure}"),
    }
    let script = "\
        bash -c 'words=(a b c); echo bash-${#words[@]}'; \
        python3 -c 'import threading as t; l=[]; a=[t.Thread(target=l.append, args=(n,)) for n in range(9)]; \
        [x.start() for x in a]; [x.join() for x in a]; print(\"python-%d\" % sum(l))'; \
        sqlite3 /tmp/numbers 'create table n(v); insert into n values (20), (22); select \"sqlite-\" || sum(v) from n'; \
        seq 1 100 | sort -R | sort -n | tail -1; \
        dpkg -l bash | grep -c ^ii; test $(date +%Y) -gt 2020 && echo today";
    let output = cargo_run(&["run", "--root", "debian", "--smp", "2", "--cmd", script], "");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for line in ["bash-3", "python-36", "sqlite-42", "100", "1", "today"] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
}
