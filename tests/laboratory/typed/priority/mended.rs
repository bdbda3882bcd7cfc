use lockorder::host::{self, SleepLock};
use lockorder::{hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        class Bus = 0;
    }
}

static BUS: SleepLock<Bus, u32> = SleepLock::new(0);

fn main() {
    with_root(|mut held| {
        // The order is right, and the types have nothing to say of priorities. A lock that knows its owner can lend the priority of
        // who waits: the kernel's sleep locks do.
        let low = host::spawn(|mut held| *held.lock(&BUS) += 1);
        *held.lock(&BUS) += 1;
        low.join(&mut held).expect("it ends");
    });
}
