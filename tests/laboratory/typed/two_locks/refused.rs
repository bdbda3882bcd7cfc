use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level User = 80 {
        class Settings = 1;
        class Buffer = 2;
    }
}

static SETTINGS: SpinLock<Settings, u32> = SpinLock::new(0);
static BUFFER: SpinLock<Buffer, u32> = SpinLock::new(0);

fn read(mut held: Root<'_, Task>) {
    held.with(&SETTINGS, |settings, mut held| *held.lock(&BUFFER) = *settings);
}

fn change(mut held: Root<'_, Task>) {
    held.with(&BUFFER, |buffer, mut held| *held.lock(&SETTINGS) = *buffer + 1);
}

fn main() {
    with_root(read);
    with_root(change);
}
