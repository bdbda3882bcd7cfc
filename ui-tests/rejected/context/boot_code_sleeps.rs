//! Boot code calls what may sleep before there is anybody to switch to. Source: the hierarchy's rule.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: say that mounting may spin only, and do not sleep in it

use lockorder::{Atomic, Held, Root, SpinLock, acquires, entry_point as entry, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Mounts = 1;
    }
}

static MOUNTS: SpinLock<Mounts, Vec<&str>> = SpinLock::new(Vec::new());

#[acquires(Mounts; may_sleep)]
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
