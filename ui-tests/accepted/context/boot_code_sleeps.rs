//! Boot code calls what may sleep before there is anybody to switch to. Source: the hierarchy's rule.
//!
//! accepted: mounting spins

use lockorder::{Atomic, Held, Root, SpinLock, acquires, entry_point as entry, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Mounts = 1;
    }
}

static MOUNTS: SpinLock<Mounts, Vec<&str>> = SpinLock::new(Vec::new());

#[acquires(Mounts; atomic)]
fn mount(held: Held, name: &'static str) {
    held.lock(&MOUNTS).push(name);
}

/// Where the boot loader jumps to.
///
/// # Safety
///
/// Called once, by the boot loader, on the first CPU.
#[unsafe(no_mangle)]
#[entry(boot)]
unsafe extern "C" fn start(held: Root<'_, Atomic>) {
    mount(held, "/");
}

fn main() {}
