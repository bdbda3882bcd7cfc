//! Both commands of the README on a Debian that has a Rust toolchain, `gcc`, `git` and certificates, and nothing else.
//!
//! `debootstrap` makes the system once, under the target directory; this machine's toolchain is mounted into it for reading,
//! and the commit that is checked out is cloned into it. Then root and an ordinary user type both commands, each in a clone and
//! a home of their own. A command passes by its status and its marker; afterwards nothing outside of the homes may have
//! changed: no file below `/etc`, `/usr` or `/var`.
//!
//! It needs root, a network, 8 GB and, on two CPUs, an hour, so it is ignored unless it is asked for:
//!
//! ```console
//! # cargo test -p tests --test bare_debian -- --ignored --nocapture
//! ```
//!
//! `LOCKORDER_BARE` says how much: `run` types `cargo run` and leaves `cargo test` out, `whole` types all of `cargo test`;
//! without it only the test that boots the kernels is run. `LOCKORDER_BARE_USER` says who types: `root` or `tester`; without it one
//! after the other.
//!
//! Mounts are made in a mount namespace of their own and processes in a namespace of theirs: both go with the command,
//! also when its time is up.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The release that is tried.
const RELEASE: &str = "bookworm";
/// What the system has besides its base: `gcc` with the headers that it recommends, `git`, certificates.
const PACKAGES: &str = "gcc,libc6-dev,git,ca-certificates";
/// Who is no root there.
const USER: &str = "tester";
/// How long making the system may take.
const MAKING: Duration = Duration::from_mins(20);
/// How long one command may take.
const COMMAND: Duration = Duration::from_hours(1);

/// Mounts what a system needs and runs `$5` in `$1` with the toolchain `$2`, as `$3` whose home is `$4`.
const ENTER: &str = r#"
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/dev"
for node in null zero full random urandom tty; do
    : > "$1/dev/$node"
    mount --bind "/dev/$node" "$1/dev/$node"
done
ln -s /proc/self/fd "$1/dev/fd"
mkdir "$1/dev/pts" "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount --bind "$2" "$1/opt/rust"
mount -o remount,bind,ro "$1/opt/rust"
exec chroot --userspec="$3" "$1" /usr/bin/env -i HOME="$4" USER="$3" LANG=C.UTF-8 \
    PATH=/opt/rust/bin:/usr/local/bin:/usr/bin:/bin /bin/sh -ec "$5"
"#;

/// Runs a command to its end, for `limit` at most, its output in the file `log`; how long it took, or what went wrong.
fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<Duration, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let errors = output.try_clone().map_err(|error| error.to_string())?;
    let began = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break Some(status);
        }
        if began.elapsed() > limit {
            // Both fail only where it has just ended.
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        thread::sleep(Duration::from_millis(100));
    };
    match status {
        Some(status) if status.success() => Ok(began.elapsed()),
        Some(status) => Err(format!("{name}: {status}; its output is in {}", log.display())),
        None => Err(format!("{name} took longer than {} s; see {}", limit.as_secs(), log.display())),
    }
}

/// What a program of this machine prints.
fn ask(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The system.
struct Bare {
    root: PathBuf,
    toolchain: String,
    logs: PathBuf,
}

impl Bare {
    /// Makes it, or takes the one that an earlier run has made.
    fn make() -> Result<Self, String> {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare-debian");
        let bare = Self {
            root: place.join("root"),
            toolchain: ask("rustc", &["--print", "sysroot"]),
            logs: place.join("logs"),
        };
        fs::create_dir_all(&bare.logs).map_err(|error| error.to_string())?;
        let made = place.join("made");
        if !made.is_file() {
            let _ = fs::remove_dir_all(&bare.root);
            let targets = ask("apt-get", &["indextargets", "--format", "$(CODENAME) $(REPO_URI)"]);
            let source = targets.lines().find_map(|line| line.strip_prefix(RELEASE)?.strip_prefix(' '));
            let source = source.ok_or("this machine's sources do not have the release")?;
            let mut command = Command::new("debootstrap");
            command.args(["--variant=minbase", "--include", PACKAGES, RELEASE]).arg(&bare.root).arg(source);
            let took = run(&mut command, &bare.logs.join("debootstrap"), MAKING)?;
            println!("made in {} s, {}", took.as_secs(), bare.size("/"));
            bare.configure()?;
            fs::write(made, "").map_err(|error| error.to_string())?;
        }
        Ok(bare)
    }

    /// Gives it this machine's package sources, name servers and trusted certificates (a network may have some of its own), and
    /// its user.
    fn configure(&self) -> Result<(), String> {
        let root = self.root.display();
        let dump = ask("apt-config", &["dump"]);
        let acquire: Vec<_> = dump
            .lines()
            .filter(|line| line.starts_with("Acquire::Check-") || line.starts_with("Acquire::http"))
            .collect();
        let acquire = acquire.join("\n") + "\n";
        fs::write(self.root.join("etc/apt/apt.conf.d/99machine"), acquire)
            .map_err(|error| error.to_string())?;
        let script = format!(
            "rm -f {root}/etc/apt/sources.list; cp -r /etc/apt/sources.list* {root}/etc/apt/; \
             cp -L /etc/resolv.conf /etc/hosts {root}/etc/; cp -L /etc/ssl/certs/ca-certificates.crt \
             {root}/etc/ssl/certs/; mkdir -p {root}/opt/rust; \
             chroot {root} useradd --create-home {USER}"
        );
        run(Command::new("sh").args(["-ec", &script]), &self.logs.join("configure"), MAKING).map(|_| ())
    }

    /// Runs a shell's `line` in it as `user`.
    fn type_in(&self, user: &str, log: &str, line: &str) -> Result<(Duration, String), String> {
        let home = home(user);
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]);
        command.args(["sh", "-ec", ENTER, "enter"]).arg(&self.root);
        command.args([&self.toolchain, user, &home, line]);
        let log = self.logs.join(format!("{user}-{log}"));
        let took = run(&mut command, &log, COMMAND)?;
        Ok((took, fs::read_to_string(log).map_err(|error| error.to_string())?))
    }

    /// How much is below a path of it.
    fn size(&self, path: &str) -> String {
        let path = self.root.join(path.trim_start_matches('/')).display().to_string();
        let kilobytes: u64 = ask("du", &["-skx", &path]).split_whitespace().next().unwrap().parse().unwrap();
        format!("{} MB", kilobytes * 1024 / 1_000_000)
    }

    /// Clones the repository into a fresh home. Crates that this machine has need not be fetched again.
    fn clone_for(&self, user: &str) -> Result<(), String> {
        let (root, home) = (self.root.display(), home(user));
        let cargo = env::var("CARGO_HOME")
            .or_else(|_| env::var("HOME").map(|home| format!("{home}/.cargo")))
            .map_err(|error| error.to_string())?;
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().display();
        let script = format!(
            "rm -rf {root}{home} {root}/lockorder.bundle; mkdir -p {root}{home}/.cargo; \
             git -C {workspace} bundle create {root}/lockorder.bundle HEAD; \
             if [ -d {cargo}/registry ]; then cp -r {cargo}/registry {root}{home}/.cargo/; fi; \
             chroot {root} chown -R {user}: {home}"
        );
        run(Command::new("sh").args(["-ec", &script]), &self.logs.join("clone"), MAKING)?;
        self.type_in(user, "clone", "cd; git clone -q /lockorder.bundle lockorder").map(|_| ())
    }

    /// Types the README's commands as `user`.
    fn try_as(&self, user: &str) -> Result<(), String> {
        self.clone_for(user)?;
        let stamp = self.root.join("stamp");
        fs::write(&stamp, "").map_err(|error| error.to_string())?;
        // A change in the same instant as the stamp's would not be newer.
        thread::sleep(Duration::from_secs(1));
        let (took, said) = self.type_in(user, "run", "cd ~/lockorder; cargo run")?;
        // Nobody types: the shell ends with its input.
        if !said.contains("init: starting sh") {
            return Err(format!("no shell is started: {said}"));
        }
        let fetched = said.lines().find(|line| line.contains("fetching ")).unwrap_or("nothing fetched");
        let cache = format!("{}/.cache/lockorder", home(user));
        println!("{user}: cargo run: {} s; {fetched}; unpacked {}", took.as_secs(), self.size(&cache));
        let (took, _) = self.type_in(user, "again", "cd ~/lockorder; cargo run")?;
        println!("{user}: cargo run again: {} s", took.as_secs());
        // Elsewhere in the home: what it says is about the user, and not about the clone.
        let doctor = "cd; ~/lockorder/target/debug/boot doctor; ~/lockorder/target/debug/boot doctor --json";
        let (_, said) = self.type_in(user, "doctor", doctor)?;
        println!("{said}");
        if !said.contains(&format!("rm -rf '{cache}'")) {
            return Err("doctor does not say how to remove what has been fetched".to_owned());
        }
        let test = match env::var("LOCKORDER_BARE").as_deref() {
            Ok("run") => None,
            // The README's command, going on after what fails: the next try takes as long again.
            Ok("whole") => Some("cargo test --no-fail-fast"),
            _ => Some("cargo test --locked -p tests --test boots"),
        };
        if let Some(test) = test {
            let (took, _) = self.type_in(user, "test", &format!("cd ~/lockorder; {test}"))?;
            println!("{user}: {test}: {} s; unpacked {}", took.as_secs(), self.size(&cache));
        }
        // Changed, or made, since.
        let changed = "find /etc /usr /var -xdev -newercc /stamp ! -path '/var/tmp*'";
        let (_, changed) = self.type_in("root", "changed", changed)?;
        if changed.is_empty() { Ok(()) } else { Err(format!("the system has changed: {changed}")) }
    }
}

/// A user's home there.
fn home(user: &str) -> String {
    if user == "root" { "/root".to_owned() } else { format!("/home/{user}") }
}

#[test]
#[ignore = "makes a system with debootstrap: needs root, a network, 8 GB and an hour"]
fn both_commands_of_the_readme() {
    let bare = Bare::make().unwrap();
    let only = env::var("LOCKORDER_BARE_USER").ok();
    for user in ["root", USER].into_iter().filter(|&user| only.as_deref().is_none_or(|only| only == user)) {
        bare.try_as(user).unwrap();
    }
}
