use lockorder::host::Mutex;
use lockorder::{Held, Root, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        class AddressSpace = 0;
    }
    level Filesystem = 40 {
        class Page = 10;
    }
}

static SPACE: Mutex<AddressSpace, u32> = Mutex::new(0);
static PAGE: Mutex<Page, u32> = Mutex::new(7);

/// A copy may fault, and a fault takes the address space.
#[acquires(AddressSpace)]
fn copy_to_user(held: &mut Held, value: u32) {
    *held.lock(&SPACE) = value;
}

fn map(mut held: Root<'_, Task>) {
    held.with(&SPACE, |mapped, mut held| *mapped += *held.lock(&PAGE));
}

fn read(mut held: Root<'_, Task>) {
    let page = *held.lock(&PAGE);
    copy_to_user(&mut held, page);
}

fn main() {
    with_root(map);
    with_root(read);
}
