//! Builds the kernel, boots it in QEMU, and tells what is missing on this machine.
//!
//! | module | what |
//! |---|---|
//! | [`command_line`] | the commands and their options |
//! | [`toolchain`] | which compiler builds the kernel |
//! | [`provision`] | what is missing, and installing it where that is possible |
//! | [`image`] | building the kernel |
//! | [`guest`] | building the guest's own programs |
//! | [`busybox`] | the guest's shell and commands |
//! | [`linux_image`] | the kernel of Linux that ours is compared with |
//! | [`initramfs`] | the guest's first files, and its options |
//! | [`disk_image`] | the UEFI disk image |
//! | `disk` | the image of a disk for the guest |
//! | [`machine`] | one run of QEMU, with a deadline |
//! | [`hierarchy`] | the lock hierarchy as text and diagrams |
//! | `book` | the book of lessons, made by mdBook |
//! | `lessons` | exercises and the laboratory: their words, handed on |
//! | `proof` | the theorem of `docs/soundness.md`, checked by Rocq |
//! | [`swap`] | the options of `swap`, and handing them on |
//! | [`private_tools`] | what is fetched into a folder of this program's own |
//! | [`generated`] | what commands write into pages |
//! | [`report`] | what people see: one line, colour on terminals only |
//!
//! The guest's output goes to standard output as it comes; everything this program says goes to standard
//! error. What fails fails with one clear line, what to do about it, and a status of [`failure::Failure`].

#![deny(unsafe_code)]

mod bench;
mod book;
pub mod busybox;
mod calendar;
pub mod command_line;
mod debian_source;
mod disk;
pub mod disk_image;
mod disk_tools;
mod doctor;
pub mod failure;
pub mod generated;
pub mod guest;
pub mod hierarchy;
pub mod image;
pub mod initramfs;
mod interrupt;
mod lessons;
pub mod linux_image;
mod linux_tests;
pub mod machine;
mod os_release;
pub mod private_tools;
#[allow(unsafe_code, reason = "what a child does before it becomes a program is unsafe to say")]
mod process;
mod proof;
mod prover;
pub mod provision;
pub mod report;
mod soak;
mod suites;
pub mod swap;
mod tar_stream;
mod terminal;
pub mod toolchain;
mod validate;
mod workspace;
