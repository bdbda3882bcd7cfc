//! A program of the guest's that attacks the kernel from user mode.
//!
//! `hostile [SEED [ROUNDS [ATTACK]]]`: the attacks are deterministic but for who runs when. Each one is run by children that are killed when
//! they take too long; all that is asked of the kernel is that it survives, and gives its memory back. It ends with `hostile: ok`.

#![allow(
    clippy::large_stack_arrays,
    clippy::manual_is_multiple_of,
    clippy::cast_sign_loss,
    clippy::range_plus_one,
    reason = "it does to the kernel what a careful program does not do"
)]
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "it attacks Linux's interface only"))]

#[cfg(target_os = "linux")]
mod bombs;
#[cfg(target_os = "linux")]
mod borders;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod leaks;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod registers;
#[cfg(target_os = "linux")]
mod threads;

use std::process::ExitCode;

/// One attack: what it draws, and how many rounds of it.
#[cfg(target_os = "linux")]
type Attack = fn(&mut guest_random::Random, u64);

#[cfg(target_os = "linux")]
const ATTACKS: [(&str, Attack); 8] = [
    ("calls", calls::attack),
    ("registers", registers::attack),
    ("frames", registers::attack_frames),
    ("programs", programs::attack),
    ("leaks", leaks::attack),
    ("threads", threads::attack),
    ("descriptors", bombs::descriptors),
    ("bombs", bombs::attack),
];

/// Free memory in KiB, as `/proc` has it.
#[cfg(target_os = "linux")]
fn free() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("MemFree:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let only = arguments.next();
    for (name, attack) in ATTACKS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let before = free();
        attack(&mut guest_random::Random::new(seed), rounds);
        child::reap();
        println!("hostile: {name} survived, {before} KiB were free before it and {} after it", free());
    }
    println!("hostile: ok");
    ExitCode::SUCCESS
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
