use lockorder::{HardIrq, IrqSpinLock, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        class RunQueue = 0;
        class Sleepers = 1;
    }
}

static READY: IrqSpinLock<RunQueue, u32> = IrqSpinLock::new(0);
static SLEEPERS: SpinLock<Sleepers, u32> = SpinLock::new(5);

fn tick(mut held: Root<'_, HardIrq>) {
    *held.lock(&READY) += 1;
}

fn wake(mut held: Root<'_, Task>) {
    let sleepers = *held.lock(&SLEEPERS);
    *held.lock(&READY) += sleepers;
}

fn main() {
    with_root(wake);
    let _: fn(Root<'_, HardIrq>) = tick;
}
