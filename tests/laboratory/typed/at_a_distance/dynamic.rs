use lockorder::{IrqSpinLock, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        class RunQueue = 0;
        class Sleepers = 1;
    }
}

static READY: IrqSpinLock<RunQueue, u32> = IrqSpinLock::new(0);
static SLEEPERS: SpinLock<Sleepers, u32> = SpinLock::new(5);

fn wake(mut held: Root<'_, Task>) {
    // Past the types: a guard that is forgotten leaves its lock held, and gives the token back.
    std::mem::forget(held.lock(&READY));
    *held.lock(&SLEEPERS) += 1;
}

fn main() {
    with_root(wake);
}
