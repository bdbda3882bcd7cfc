//! Every macro form, compiled and run.

use lockorder::{
    Acquire, AnythingOutside, Atomic, Class, Guard, HardIrq, Held, IrqSpinLock, Root, SpinLock, Task,
    acquire, acquires, entry_point, hierarchy, with_root,
};

hierarchy! {
    /// Classes for these tests.
    hierarchy MACROS;
    /// Threads.
    level Scheduler = 10 {
        /// The process tree.
        class ProcessTree = 1;
    }
    /// Files.
    level Filesystem = 40 {
        /// An inode.
        class Inode = 3;
        /// A page.
        class Page = 5;
    }
    /// Devices.
    level Device = 50 {
        /// A queue.
        class Queue = 0;
    }
}

#[derive(Acquire)]
struct Kernel<T> {
    tree: SpinLock<ProcessTree, u32>,
    pub(crate) inodes: SpinLock<Inode, T>,
    #[acquire(name = "lock_device_queue")]
    queue: IrqSpinLock<Queue, u32>,
    #[acquire(skip)]
    name: &'static str,
}

fn kernel() -> Kernel<u64> {
    Kernel { tree: SpinLock::new(1), inodes: SpinLock::new(10), queue: IrqSpinLock::new(100), name: "test" }
}

#[acquires(Filesystem, Device; atomic)]
fn write_back(held: Held, kernel: &Kernel<u64>, by: u64) -> u64 {
    let mut inodes = kernel.lock_inodes(&mut held);
    let (size, mut held) = inodes.split();
    *size += by;
    *kernel.lock_device_queue(&mut held) += 1;
    *size
}

#[acquires(Queue; irq)]
fn complete(held: &mut Held, kernel: &Kernel<u64>) -> u32 {
    *kernel.lock_device_queue(held)
}

#[acquires(; nothing_held)]
fn reap<T: Default>(held: Held, kernel: &Kernel<u64>) -> (T, u32) {
    (T::default(), *kernel.lock_tree(&mut held))
}

/// A file system behind `dyn`.
trait FileSystem {
    #[acquires(Filesystem; dyn, atomic)]
    fn sync(&self, held: Held) -> u64;

    #[acquires(Filesystem; atomic)]
    fn size(&self, held: Held) -> u64
    where
        Self: Sized;
}

impl FileSystem for Kernel<u64> {
    #[acquires(Filesystem; dyn, atomic)]
    fn sync(&self, held: Held) -> u64 {
        *self.lock_inodes(&mut held)
    }

    #[acquires(Filesystem; atomic)]
    fn size(&self, held: Held) -> u64 {
        *self.lock_inodes(&mut held)
    }
}

#[test]
fn accessors_and_acquires_nest() {
    let kernel = kernel();
    with_root(|mut held| {
        assert_eq!(write_back(held.reborrow(), &kernel, 5), 15);
        let mut tree = kernel.lock_tree(&mut held);
        let (_, mut held) = tree.split();
        assert_eq!(write_back(held.reborrow(), &kernel, 5), 20);
        assert_eq!(complete(&mut held, &kernel), 102);
        let file_system: &dyn FileSystem = &kernel;
        assert_eq!(file_system.sync(held.below::<Filesystem>()), 20);
        assert_eq!(kernel.size(held.reborrow()), 20);
    });
    with_root(|held| assert_eq!(reap::<u8>(held, &kernel), (0, 1)));
    assert_eq!(kernel.name, "test");
}

fn refused(kernel: &Kernel<u64>, mut held: Root<'_, Task>) -> Result<u64, u32> {
    let page: SpinLock<Page, u32> = SpinLock::new(7);
    acquire!(held => tree = kernel.tree, size = kernel.inodes, page => {
        *tree += 1;
        *page += 1;
        if *size == 10 {
            return Err(*page);
        }
        let queue = *held.lock(&kernel.queue);
        Ok(*size + u64::from(queue))
    })
}

#[test]
fn acquire_nests_in_order_and_releases_on_every_way_out() {
    let kernel = kernel();
    with_root(|mut held| {
        assert_eq!(refused(&kernel, held.reborrow()), Err(8));
        assert!(!kernel.tree.is_held() && !kernel.inodes.is_held());
        *held.lock(&kernel.inodes) = 11;
        assert_eq!(refused(&kernel, held.reborrow()), Ok(111));
        let inode = &kernel.inodes;
        let doubled = acquire!(held => inode => { *inode *= 2; *inode });
        assert_eq!(doubled, 22);
    });
}

/// Handles an interrupt.
///
/// # Safety
///
/// Called as an interrupt would: nothing else holds a root.
#[entry_point(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, kernel: &Kernel<u64>, vector: u32) -> u32 {
    let mut held = held;
    let queue: Guard<'_, _, _, HardIrq> = held.lock(&kernel.queue);
    *queue + vector
}

/// Idles.
///
/// # Safety
///
/// Never called: that it compiles with `!` is the test.
#[entry_point(idle)]
#[allow(dead_code, reason = "never called: that it compiles is the test")]
unsafe fn idle(_held: Root<'_, Atomic>) -> ! {
    loop {
        std::thread::yield_now();
    }
}

/// Has a parameter of the name that a root usually has.
///
/// # Safety
///
/// As for any entry.
#[entry_point(thread)]
unsafe fn named(first: Root<'_, Task>, held: u32, root: u32) -> String {
    format!("{first:?}, {held}, {root}")
}

#[test]
fn a_parameter_of_an_entry_point_has_any_name() {
    // SAFETY: this thread has no other root.
    assert_eq!(unsafe { named(1, 2) }, "Held(up to nothing, Task), 1, 2");
}

#[test]
fn an_entry_point_starts_with_its_root() {
    let kernel = kernel();
    // SAFETY: this thread has no other root.
    assert_eq!(unsafe { dispatch(&kernel, 33) }, 133);
}

/// Locks a lock of any class: the class is a parameter.
#[acquires(K; atomic)]
fn doubled<K: Class, const BY: u64>(held: Held, lock: &SpinLock<K, u64>) -> u64 {
    held.with(lock, |value, _| {
        *value *= BY;
        *value
    })
}

/// Two locks of two classes, both of them parameters.
#[acquires(A, B; atomic)]
fn moved<A: Class, B: Class>(held: &mut Held, from: &SpinLock<A, u64>, to: &SpinLock<B, u64>) -> u64 {
    let mut from = held.lock(from);
    let (from, mut held) = from.split();
    *held.lock(to) += std::mem::take(from);
    doubled::<B, 1, _>(held.reborrow(), to)
}

/// A driver that names its class.
trait Driver {
    type Lock: Class;

    fn lock(&self) -> &SpinLock<Self::Lock, u64>;

    /// A class that the trait has.
    #[acquires(Self::Lock; atomic)]
    fn poll(&self, held: Held) -> u64 {
        *held.lock(self.lock())
    }
}

impl Driver for SpinLock<Inode, u64> {
    type Lock = Inode;

    fn lock(&self) -> &SpinLock<Inode, u64> {
        self
    }
}

/// A trailing comma, and a class further in than what the list names.
#[acquires(Filesystem; atomic,)]
fn further_in(mut held: Held, kernel: &Kernel<u64>) -> u32 {
    *kernel.lock_device_queue(&mut held)
}

/// The token by reference is a reference in the body.
#[acquires(Inode; atomic)]
fn passed_on(held: &mut Held, kernel: &Kernel<u64>) -> u64 {
    fn size(held: &mut Held<'_, AnythingOutside<Inode>, Atomic>, kernel: &Kernel<u64>) -> u64 {
        *kernel.lock_inodes(held)
    }
    size(held, kernel) + size(held, kernel)
}

#[test]
fn functions_are_generic_in_what_they_acquire() {
    let (tree, inode) = (SpinLock::<ProcessTree, u64>::new(3), SpinLock::<Inode, u64>::new(4));
    let kernel = kernel();
    with_root(|mut held| {
        assert_eq!(doubled::<_, 2, _>(held.reborrow(), &tree), 6);
        assert_eq!(moved(&mut held, &tree, &inode), 10);
        assert_eq!(inode.poll(held.reborrow()), 10);
        assert_eq!(further_in(held.reborrow(), &kernel), 100);
        assert_eq!(passed_on(&mut held, &kernel), 20);
    });
}

/// Locks of one class, which is a parameter, as is their length.
#[derive(Acquire)]
#[acquire(crate = lockorder)]
struct Pages<L: Class<Order: lockorder::order::Keyless>, const N: usize = 2>
where
    [u8; N]: Copy,
{
    first: SpinLock<L, [u8; N]>,
    r#type: SpinLock<Page, fn(u8, u16) -> Option<u8>>,
}

#[test]
fn accessors_of_generic_structures() {
    let pages: Pages<Inode> = Pages { first: SpinLock::new([1, 2]), r#type: SpinLock::new(|_, _| Some(3)) };
    with_root(|mut held| {
        let mut first = pages.lock_first(&mut held);
        let (bytes, mut held) = first.split();
        assert_eq!((bytes[1], pages.lock_type(&mut held)(0, 0)), (2, Some(3)));
    });
}

/// Comes back to itself, as its caller says it may.
///
/// # Safety
///
/// Nothing is held.
#[entry_point(thread, crate = lockorder)]
unsafe fn countdown(held: Root<'_, Task>, mut left: u8, steps: &mut Vec<u8>) {
    // `with_root` is what the caller has imported, not the function inside of the expansion.
    drop(held);
    with_root(|held| drop(held));
    steps.push(left);
    left = left.saturating_sub(1);
    if left > 0 {
        // SAFETY: the token is gone.
        unsafe { countdown(left, steps) }
    }
}

#[test]
fn an_entry_point_may_call_itself() {
    let mut steps = Vec::new();
    // SAFETY: this thread has no other root.
    unsafe { countdown(3, &mut steps) };
    assert_eq!(steps, [3, 2, 1]);
}
