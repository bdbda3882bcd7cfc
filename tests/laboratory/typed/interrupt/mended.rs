use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        class Heap = 2;
    }
}

static HEAP: IrqSpinLock<Heap, u32> = IrqSpinLock::new(0);

fn allocate(mut held: Root<'_, Task>) {
    *held.lock(&HEAP) += 1;
}

fn handler(mut held: Root<'_, HardIrq>) {
    *held.lock(&HEAP) += 1;
}

fn main() {
    with_root(allocate);
    let _: fn(Root<'_, HardIrq>) = handler;
}
