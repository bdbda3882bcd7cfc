//! A package repository on this machine, so that fetching is tried with the real `apt-get` and without a network.
//!
//! A [`Repository`] has small packages and serves them by HTTP; it counts what is asked for, and can stop in the middle of a
//! file until it is told to go on. A [`Machine`] is what the program is run on: package sources that name the repository, a
//! status file, a folder for tools, and a search path with nothing on it but what unpacking needs.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Whether this system has what the tests need: they are about Debian's tools.
pub(crate) fn possible() -> bool {
    let has = |name: &str| Path::new("/usr/bin").join(name).is_file();
    let possible = ["apt-get", "apt-config", "dpkg-deb", "sha256sum"].into_iter().all(has);
    if !possible {
        eprintln!("passed over: this system has no apt-get");
    }
    possible
}

/// A package: name, further fields, and programs with their text.
pub(crate) type Package<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

#[derive(Default)]
struct State {
    /// How often each file has been asked for.
    asked: HashMap<String, u32>,
    /// The file in whose middle to stop.
    stop_in: Option<String>,
    /// Whether that has happened.
    stopped: bool,
}

/// A repository that is being served.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Repository {
    /// Builds packages of version `1:7.2` and serves them.
    pub(crate) fn of(packages: &[Package<'_>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut index = String::new();
        for package in packages {
            index += &build(folder.path(), package);
        }
        fs::write(folder.path().join("Packages"), index).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<(Mutex<State>, Condvar)>::default();
        let (served, shared) = (folder.path().to_owned(), Arc::clone(&state));
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (served, shared) = (served.clone(), Arc::clone(&shared));
                thread::spawn(move || serve(stream, &served, &shared));
            }
        });
        Self { folder, port, state }
    }

    /// How often the archive of a package has been asked for.
    pub(crate) fn asked(&self, package: &str) -> u32 {
        let state = self.state.0.lock().unwrap();
        state.asked.get(&format!("{package}.deb")).copied().unwrap_or(0)
    }

    /// From now on stops in the middle of a package's archive.
    pub(crate) fn stop_in(&self, package: &str) {
        self.state.0.lock().unwrap().stop_in = Some(format!("{package}.deb"));
    }

    /// Waits until it has stopped there.
    pub(crate) fn wait_until_stopped(&self) {
        eventually("the repository is asked", || self.state.0.lock().unwrap().stopped);
    }

    /// Goes on.
    pub(crate) fn go_on(&self) {
        self.state.0.lock().unwrap().stop_in = None;
        self.state.1.notify_all();
    }
}

/// Waits until `condition`, for a minute at most.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Writes a program. Another process does it: one that a test in another thread starts meanwhile would inherit the open file,
/// and what somebody may still write to cannot be run.
fn write_program(path: &Path, text: &str) {
    let write = "rm -f \"$0\" && printf %s \"$1\" > \"$0\" && chmod 755 \"$0\"";
    let status = Command::new("sh").args(["-c", write]).arg(path).arg(text).status();
    assert!(status.unwrap().success());
}

/// Builds one package; its paragraph of the index.
fn build(folder: &Path, (name, fields, programs): &Package<'_>) -> String {
    let content = folder.join(name);
    fs::create_dir_all(content.join("DEBIAN")).unwrap();
    let control = format!(
        "Package: {name}\nVersion: 1:7.2\nArchitecture: all\nMaintainer: nobody\nDescription: {name}\n{fields}"
    );
    fs::write(content.join("DEBIAN/control"), &control).unwrap();
    for (path, text) in *programs {
        let path = content.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, text);
    }
    let archive = folder.join(format!("{name}.deb"));
    let built = Command::new("/usr/bin/dpkg-deb").arg("--build").arg(&content).arg(&archive).output();
    assert!(built.unwrap().status.success(), "{name} cannot be built");
    let hash = Command::new("/usr/bin/sha256sum").arg(&archive).output().unwrap().stdout;
    let hash = String::from_utf8(hash).unwrap();
    let size = fs::metadata(&archive).unwrap().len();
    let hash = hash.split(' ').next().unwrap();
    format!("{control}Filename: ./{name}.deb\nSize: {size}\nSHA256: {hash}\n\n")
}

/// Answers what is asked on one connection.
fn serve(stream: TcpStream, folder: &Path, shared: &(Mutex<State>, Condvar)) -> Option<()> {
    let mut answer = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream).lines();
    loop {
        let asked = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        let name = asked.split(' ').nth(1)?.rsplit('/').next()?.to_owned();
        let Ok(content) = fs::read(folder.join(&name)) else {
            answer.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").ok()?;
            continue;
        };
        let heading = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
        answer.write_all(heading.as_bytes()).ok()?;
        let (first, second) = content.split_at(content.len() / 2);
        answer.write_all(first).ok()?;
        let mut state = shared.0.lock().ok()?;
        *state.asked.entry(name.clone()).or_default() += 1;
        while state.stop_in.as_ref() == Some(&name) {
            state.stopped = true;
            state = shared.1.wait(state).ok()?;
        }
        drop(state);
        answer.write_all(second).ok()?;
    }
}

/// What the program is run on.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// One whose package source is a port of this machine, with packages installed besides its base.
    pub(crate) fn with_source(port: u16, installed: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for program in ["apt-get", "apt-config", "dpkg-deb", "rm", "sh", "sleep", "tar"] {
            fs::create_dir_all(at("bin")).unwrap();
            let program = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(program));
            let program = program.into_iter().find(|program| program.is_file()).unwrap();
            symlink(&program, at("bin").join(program.file_name().unwrap())).unwrap();
        }
        let base = "Package: base-files\nEssential: yes\nStatus: install ok installed\nArchitecture: all\nVersion: 12\n";
        fs::write(at("status"), format!("{base}\n{installed}")).unwrap();
        fs::write(at("sources"), format!("deb [trusted=yes] http://127.0.0.1:{port}/ ./\n")).unwrap();
        let configuration = format!(
            "Dir::Etc::Main \"/dev/null\";\nDir::Etc::Parts \"/dev/null\";\nDir::Etc::SourceList \"{}\";\n\
             Dir::Etc::SourceParts \"/dev/null\";\nDir::State::status \"{}\";\nAcquire::http::Pipeline-Depth \"0\";\n",
            at("sources").display(),
            at("status").display()
        );
        fs::write(at("apt.conf"), configuration).unwrap();
        // A compiler with the bare target that says it has built the kernel: only QEMU is missing.
        fs::create_dir_all(at("lib")).unwrap();
        fs::create_dir_all(at("toolchain")).unwrap();
        fs::write(at("lib/libcore-0.rlib"), "").unwrap();
        let rustc = "case \"$*\" in *target-libdir*) echo LIB ;; *) echo rustc 1.96.0 ;; esac";
        let rustc = rustc.replace("LIB", &at("lib").display().to_string());
        let machine = Self { folder };
        machine.script("toolchain/rustc", &rustc);
        machine.script("toolchain/cargo", "exit 0");
        // And a C compiler with its library.
        fs::write(machine.path("lib/libc.a"), "").unwrap();
        machine.script("bin/cc", &format!("echo {}", machine.path("lib/libc.a").display()));
        machine
    }

    /// One whose package source is a repository.
    pub(crate) fn using(repository: &Repository, installed: &str) -> Self {
        assert!(repository.folder.path().is_dir());
        Self::with_source(repository.port, installed)
    }

    /// A file of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a program, replacing what is there.
    pub(crate) fn script(&self, name: &str, text: &str) {
        write_program(&self.path(name), &format!("#!/bin/sh\n{text}\n"));
    }

    /// The program on it.
    pub(crate) fn boot(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boot"));
        command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        for name in [
            "LOCKORDER_PROVISION",
            "LOCKORDER_QEMU",
            "LOCKORDER_BUSYBOX",
            "http_proxy",
            "all_proxy",
            "no_proxy",
        ] {
            command.env_remove(name);
        }
        command.env("PATH", self.path("bin")).env("APT_CONFIG", self.path("apt.conf"));
        command.env("LOCKORDER_TOOLS", self.path("tools"));
        command.env("LOCKORDER_KERNEL_RUSTC", self.path("toolchain/rustc"));
        command
    }

    /// All below the folder for tools whose path contains `part`.
    pub(crate) fn tools(&self, part: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("tools")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.to_string_lossy().contains(part) {
                    found.push(path.clone());
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                }
            }
        }
        found
    }
}

/// Reads all that a pipe has.
pub(crate) fn read_all(pipe: Option<impl Read>) -> String {
    let mut text = String::new();
    pipe.unwrap().read_to_string(&mut text).unwrap();
    text
}
