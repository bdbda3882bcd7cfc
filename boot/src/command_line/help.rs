//! What `--help` ends with, for the program and for each command: when to use it, examples, statuses, environment.
//!
//! A paragraph is one line, which is broken where the terminal ends; an example is one line of at most 80 columns. Each
//! example is tried by a test, as far as it can be without being run.

/// The program.
pub(super) const PROGRAM: &str = "\
Examples:
  cargo run                                 boot, and give a shell
  cargo run -- run --cmd 'ls -l /proc'      run a command in it, and end
  cargo run -- run --boot uefi              boot as a real machine does
  cargo run -- run --selftest demo          the kernel's own demonstration
  cargo run -- hierarchy --format mermaid   draw the lock hierarchy
  cargo run -- soak locks --minutes 60      torture the locks for an hour
  cargo run -- proof                        check that the rules are sound
  cargo run -- learn                        exercises, from the first on
  cargo run -- lab list                     programs that freeze, and why
  cargo run -- book --serve                 lessons in lock discipline
  cargo run -- doctor                       what is missing, how to install it
  cargo run -- help run                     all about one command

What is missing on Debian (QEMU, a compiler for the bare machine) is fetched by the command that needs it first, into a folder \
of this program's own; the system stays as it is. `doctor` says where the folder is and how to remove it. On other \
systems the command ends with what to type.

Exit status: the guest's own; 1 when something fails on the host, with one line that says what to do; 2 for a wrong option; 101 \
when the kernel panics; 124 when the guest does not end in time; 125 when it ends without a status; 127 when there is no such \
workload or command; 130 when interrupted, or left by control-].

Environment:
  LOCKORDER_TOOLS=FOLDER        where fetched tools are, instead of the user's cache
  LOCKORDER_PROVISION=never     fetch nothing
  LOCKORDER_QEMU=FILE           the QEMU to use
  LOCKORDER_OVMF=FILE           the UEFI firmware to use
  LOCKORDER_BUSYBOX=FILE        the guest's busybox, statically linked
  LOCKORDER_LINUX=FILE          the kernel that `bench linux` compares with
  LOCKORDER_KERNEL_RUSTC=FILE   the compiler of the kernel; cargo is beside it
  APT_CONFIG=FILE               settings of apt, such as a proxy, as apt has it
  NO_COLOR=1                    no colour";

/// `run`.
pub(super) const RUN: &str = "\
Examples:
  cargo run -- run --smp 8 --mem 1G                    a larger machine
  cargo run -- run --cmd 'uname -a; id'                run commands, and end
  cargo run -- run --add job.sh --cmd 'sh /job.sh'     run a file of ours
  cargo run -- run --add prog:/bin/ --init /bin/prog   another first program
  cargo run -- run --root debian                       bash, python3, sqlite3
  cargo run -- run --packages redis-server             more of Debian's packages
  cargo run -- run --selftest help                     workloads of the kernel
  cargo run -- run --selftest threads --smp 8          test the scheduler
  cargo run -- run --selftest inversion --checker on   what the checker says
  cargo run -- run --selftest hang                     then control-T: threads
  cargo run -- run --selftest bench --accel counted    the same every time
  cargo run -- run --selftest threads --log log        keep what is said

A root of Debian's packages is fetched once, with all that they depend on: 45 MB without more of them. Their programs are \
unmodified; the memory of the guest follows the root's size unless --mem says it.

The console of the guest is standard output. On a terminal all keys go to the guest's shell and its programs, control-C as well; \
control-] leaves it, and there is no time limit. Where standard input is no terminal, what comes on it is typed, and its end ends \
the shell. A workload of the kernel's own gets the keys one by one, and control-C ends it and this program. Everything else goes \
to standard error, so the output can be piped.

What `--add` names can be any program that is statically linked for Linux on x86-64, or a script; --init has the kernel start \
another program than its own /sbin/init.

The status is that of the shell, the command or the workload; `cargo run -- help` has those of this program.";

/// `image`.
pub(super) const IMAGE: &str = "\
Examples:
  cargo run -- image --out lockorder.img
  cargo run -- image --out lockorder.img --selftest threads

The image is a GPT disk with an EFI partition: written to a USB stick it boots on a PC with UEFI firmware and secure boot off. What \
it prints goes to the first serial port. The first image takes about two minutes, for the loader is built.";

/// `disk`.
pub(super) const DISK: &str = "\
Examples:
  cargo run -- disk --out disk.img
  cargo run -- disk --out disk.img --size 256M --from docs
  cargo run -- run --disk disk.img

The guest has it as /dev/vda: `mount -t ext3 /dev/vda /mnt`. It is made by mke2fs, which is fetched on Debian. After the guest has \
unmounted it, or was killed, e2fsck and debugfs read it on the host.";

/// `hierarchy`.
pub(super) const HIERARCHY: &str = "\
Examples:
  cargo run -- hierarchy
  cargo run -- hierarchy --format mermaid
  cargo run -- hierarchy --format svg --out hierarchy.svg
  cargo run -- hierarchy --observed --format mermaid

Levels and classes come from the kernel's own types: smaller ranks are acquired first. Nothing but a Rust toolchain is \
needed, unless the orders that a running kernel takes are asked for.";

/// `validate`.
pub(super) const VALIDATE: &str = "\
Examples:
  cargo run -- validate
  cargo run -- validate --smp 1,4 --print

Builds the kernel from nothing, boots it, and runs tests/guest/behaviour and a storm of processes and files in it, which takes some \
minutes for each number of CPUs. The status is 1 where something was wrong; the report says what.";

/// `suites`.
pub(super) const SUITES: &str = "\
Examples:
  cargo run -- suites                  all of them, on both: half an hour
  cargo run -- suites futex            one suite, and print the comparison
  cargo run -- suites busybox/awk      one of its programs
  cargo run -- suites pidfd --show     only here, with all that is printed
  cargo run -- suites pidfd --show=linux    only there

The tests are those of Linux, busybox and SQLite, from Debian's source packages, and Debian's package rt-tests. They are fetched: 160 MB. \
Nothing of them is kept in this project.";

/// `soak`.
pub(super) const SOAK: &str = "\
Examples:
  cargo run -- soak threads --minutes 30     the scheduler, on eight CPUs
  cargo run -- soak locks --smp 3            every kind of lock
  cargo run -- soak syscalls --checker on    random system calls, a seed a boot
  cargo run -- soak programs                 random programs, on this machine
  cargo run -- soak closure                  what safe calls can do to a token

Each round boots a fresh machine. It ends at the first round that fails, whose console is printed; either way one line is added to \
docs/soaks.md. `programs` and `closure` boot nothing and add no line.";

/// `bench`.
pub(super) const BENCH: &str = "\
Examples:
  cargo run -- bench --print
  cargo run -- bench --smp 1,2 --runs 5
  cargo run -- bench linux                   beside Debian's Linux

Times are multiples of a compare-and-swap in the same boot, the median of all runs; counts of instructions are exact. It takes \
some minutes, on an idle machine.";

/// `swap`.
pub(super) const SWAP: &str = "\
Examples:
  cargo run -- swap                          all, some minutes
  cargo run -- swap --count 30 --rotate 7    thirty, spread over the kernel
  cargo run -- swap --only demo.rs --every   one file, a line for each
  cargo run -- swap --list                   what there is to break

In a copy of the kernel each acquisition is put under a lock further in, outer and inner ones change places, and what may sleep is \
put where preemption or interrupts are off. Each must be refused by the compiler with a message of the lock library. The same \
change with a lock further out must compile. Running all of it writes the table in docs/swap.md.

The status is 1 when a broken kernel compiles or is refused for another reason, unless tests/swap/src/exceptions.rs says why.";

/// `proof`.
pub(super) const PROOF: &str = "\
Examples:
  cargo run -- proof
  cargo run -- proof --write

It needs Rocq, or Coq 8.16 or newer, which is fetched on Debian. It fails when a theorem does not hold, rests on an axiom, or when \
the rules answer otherwise than docs/proof/answers.txt, which is what the compiler is compared with.";

/// `book`.
pub(super) const BOOK: &str = "\
Examples:
  cargo run -- book --serve
  cargo run -- book --out pages

The source is docs/book. It needs mdbook, which the first run fetches from the Rust registry and compiles into the folder of this \
program's own tools (`doctor` says where that is).";

/// `learn`.
pub(super) const LEARN: &str = "\
Examples:
  cargo run -- learn                     the next exercise, and watch its file
  cargo run -- learn list                all exercises, and what is done
  cargo run -- learn hint                a hint; another one each time
  cargo run -- learn check               compile and run the exercise once
  cargo run -- learn reset first_token   begin an exercise again
  cargo run -- learn verify              all solutions pass, nothing else

An exercise is one file in the folder `exercises` of this repository, which git ignores. What is done is recorded there.";

/// `lab`.
pub(super) const LAB: &str = "\
Examples:
  cargo run -- lab list                            the scenarios
  cargo run -- lab two_locks                       one in four lights
  cargo run -- lab two_locks --play                you are the scheduler
  cargo run -- lab two_locks --out two_locks.html  the same in a browser
  cargo run -- lab two_locks --soak 100            freeze it a hundred times

A scenario runs with raw locks under a scheduler that decides each step, so it freezes whenever it is told to. Then the typed form \
is shown to the compiler, and the path that no type knows to the run-time checker.";

/// `doctor`.
pub(super) const DOCTOR: &str = "\
Examples:
  cargo run -- doctor
  cargo run --quiet -- doctor --json

A line begins with `found`; with `missing` for what `cargo run` needs; with `optional` for what only one command needs. The last \
says where fetched tools are, how much they take and how to remove them. Nothing is fetched or changed.

The status is 0 when `cargo run` has all that it needs, else 1.";
