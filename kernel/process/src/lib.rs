//! Processes and threads, as Linux knows them.
//!
//! | module | what |
//! |---|---|
//! | [`tree`] | all processes, by their numbers; who is whose parent |
//! | [`mod@process`], [`thread`] | one process; one of its threads |
//! | [`life`] | the loop of a thread: user mode, system calls, signals, the end |
//! | [`fork`], [`exec`], [`mod@exit`] | how they begin, become another program, and end |
//! | [`signal`] | what is pending, what is done about it, the frames of handlers |
//! | `out_of_memory` | who is killed when a page is touched and there is no memory for it |
//! | [`descriptors`], [`limits`], [`settings`] | open files, by number; how much of what a process may use; what it has set |
//! | [`names`] | what the machine is called |
//! | [`pidfd`], [`inspection`] | descriptors that stand for processes; who may look into a process |
//! | [`timers`] | what sends signals when its time has come |
//! | [`robust`] | words of memory whose owner ends |
//! | [`terminal`], [`pseudo_terminal`] | terminals as files, and whose they are; pairs |
//! | [`mod@unimplemented`] | system calls that are not there, and who asked for them |
//! | [`system`], [`procfs`] | what all processes have in common; what `/proc` says of them |
//! | `devices` | what an inode is to a process that opens it |
//! | [`elf`], [`stack_image`], [`vdso`] | programs, what they find on their stack, and what the kernel gives to every one |
//! | [`mod@boot`] | the first process |
//!
//! **Locks, outermost first**, each class beside what it protects: [`tree::ProcessTree`], [`signal::dispositions::Signals`], [`process::Facts`],
//! [`timers::Deadlines`], [`names::MachineNames`],
//! then those of memory, of pipes, of files, [`descriptors::DescriptorTable`]. A signal is **posted**: bits of an
//! atomic word, and a wake-up. It is delivered by the thread itself, on its way to user mode, with nothing held. What is closed is
//! taken out of its table first, and closed with nothing held.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod boot;
mod children;
pub mod descriptors;
mod devices;
pub mod elf;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod inspection;
pub mod life;
pub mod limits;
mod looked_at;
pub mod names;
mod out_of_memory;
pub mod pidfd;
pub mod process;
pub mod procfs;
pub mod pseudo_terminal;
pub mod robust;
pub mod settings;
pub mod signal;
pub mod stack_image;
pub mod system;
pub mod terminal;
pub mod thread;
pub mod timers;
pub mod tree;
pub mod unimplemented;
pub mod vdso;

pub use life::{Current, Handler};
pub use memory;
pub use process::Process;
pub use thread::Thread;
