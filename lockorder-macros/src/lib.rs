//! The macros of `lockorder`. Use them through that crate, which re-exports them; their documentation, with
//! what each expands to, is on the macros.
//!
//! A wrong use is an error at the token that is wrong, with what to write instead; no macro panics.

mod acquire;
mod acquires;
mod cursor;
mod derive;
mod entry;
mod error;
mod function;
mod generics;
mod hierarchy;
mod positions;
mod syntax;
#[cfg(test)]
mod testing;
mod type_number;

use proc_macro::TokenStream;

/// Turns a result into tokens: an error becomes `compile_error!` at its place.
fn tokens(result: error::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(error::Error::into_compile_error).into()
}

/// Declares levels and lock classes.
///
/// # Grammar
///
/// ```text
/// hierarchy! {
///     /// What it is the hierarchy of.
///     pub hierarchy KERNEL, platform = crate::Machine;  // the platform defaults to the host's
///     /// What the level guards.
///     pub level Filesystem = 40 {
///         /// What the lock protects.
///         pub class Directory = 1, order = tree;        // none (the default), address, key, tree, serial
///         /// What the lock protects.
///         pub class Inode = 3;
///         /// Shares a rank on purpose: the two never nest.
///         pub class Symlink = 3, sibling of Inode;
///     }
///     /// A class outside of a level's braces, perhaps of another crate's level.
///     pub class NvmeQueue in kernel::Device = 12;
/// }
/// ```
///
/// Levels are declared outermost first, in strictly increasing number; classes in a level in increasing
/// minor number, 0 to 15. Attributes other than documentation are refused: the table must show everything. A rank is used once, unless `sibling of` says that two classes never nest. An
/// invocation that only extends levels of other modules needs no `hierarchy` line.
///
/// # Expansion
///
/// For each level and class an enum without values and its unsafe implementations, whose numbers are
/// written from one literal; for the hierarchy a static table whose documentation shows it:
///
/// ```text
/// pub enum Inode {}
/// unsafe impl Level for Inode { type Rank = /* 643 in normal form */; const CEILING: Ceiling = …; }
/// unsafe impl Declared for Inode { type Outside = /* 642 */; const NAME: &'static str = "Inode"; }
/// unsafe impl Class for Inode { type Order = Unnested; type Platform = <Filesystem as Band>::Platform; … }
/// // … and an entry in the link section `lockorder::CLASSES`
/// pub static KERNEL: Hierarchy = Hierarchy { name: "KERNEL", levels: &[…], classes: &[…] };
/// ```
///
/// # Errors
///
/// At the offending token: a number out of range or out of order, a rank used twice, an unknown level,
/// sibling or discipline, a name declared twice. All errors of an invocation are reported together.
#[proc_macro]
pub fn hierarchy(input: TokenStream) -> TokenStream {
    tokens(hierarchy::expand(input.into()))
}

/// Says what a function acquires, outermost first, as bounds on its callers.
///
/// `#[acquires(Filesystem, Device; may_sleep)]`: levels or classes, then after a semicolon the context that
/// the function needs, `may_sleep` (the default), `atomic` or `irq`; `nothing_held` for functions that wait
/// for other threads; `dyn` for methods of traits used as `dyn`. The function has one parameter of type
/// `Held`, written without parameters, by value or by `&mut`.
///
/// # Expansion
///
/// ```text
/// #[acquires(Filesystem, Device; atomic)]
/// fn write_back(held: Held, inode: &SpinLock<Inode, Data>) { body }
///
/// // The caller holds nothing at or inside of Filesystem, and may spin.
/// fn write_back(held: Held<'_, impl Before<Filesystem>, impl MaySpin>, inode: &SpinLock<Inode, Data>) {
///     /* a check that Device comes after Filesystem */
///     let mut held: Held<'_, Below<Filesystem>, Atomic> = held.below::<Filesystem>().to_atomic();
///     body
/// }
/// ```
///
/// One bound is enough: with everything outside of `Filesystem`, whatever lies further in may follow. Inside,
/// the token is concrete, so the body is checked once and not for every caller. With `dyn` the signature
/// itself is concrete, `Held<'_, Below<Filesystem>, Atomic>`, and callers weaken their token by `below`. The token of
/// the body lives as long as the body: a function that returns a guard writes its bounds by hand.
///
/// # Errors
///
/// An empty list, an unknown word, two contexts, no `Held` parameter or two of them, a shared reference to
/// the token, an `async fn`: at the token. A list out of order is the lock order error itself.
#[proc_macro_attribute]
pub fn acquires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tokens(acquires::expand(attribute.into(), item.into()))
}

/// Generates an acquiring accessor for each lock of a struct.
///
/// `#[acquire(skip)]` leaves a field out; `#[acquire(name = "…")]` names the accessor, which is
/// `lock_<field>` otherwise. The accessor is as visible as the field.
///
/// # Expansion
///
/// ```text
/// #[derive(Acquire)]
/// struct Kernel { inodes: SpinLock<Inode, Table> }
///
/// impl Kernel {
///     fn lock_inodes<'h, Outer, Ctx>(&'h self, held: &'h mut Held<'_, Outer, Ctx>) -> Guard<'h, …>
///     where Outer: Before<Inode>, Spinning: UsableIn<Ctx> { held.acquire(&self.inodes) }
/// }
/// ```
///
/// # Errors
///
/// On enums, unions and tuple structs, and for unknown words in `#[acquire(…)]`: at the token.
#[proc_macro_derive(Acquire, attributes(acquire))]
pub fn derive_acquire(input: TokenStream) -> TokenStream {
    tokens(derive::expand(input.into()))
}

/// Acquires several locks, each inside of the one before, and runs a block with their data.
///
/// `acquire!(held => inode, queue = &device.queue => { … })`: each element is a variable that is a lock (or a
/// reference to one), whose data takes its name inside the block, or `name = place`.
///
/// # Expansion
///
/// ```text
/// {
///     let mut guard_0 = held.lock(&inode);
///     let (inode, mut held) = guard_0.split();
///     let mut guard_1 = held.lock(&device.queue);
///     let (queue, mut held) = guard_1.split();
///     …                                   // `held` is the innermost token here
/// }                                       // released innermost first
/// ```
///
/// A wrong order is the lock order error, at the lock that is out of order. The block is not a closure:
/// `return` and `?` leave the function.
///
/// # Errors
///
/// A name used for two locks, or a place without a name: at the token.
#[proc_macro]
pub fn acquire(input: TokenStream) -> TokenStream {
    tokens(acquire::expand(input.into()))
}

/// Makes a function an entry point: it starts with the root that this way of entering has.
///
/// Re-exported as `lockorder::entry_point`: `#[entry_point(interrupt)]`, one of `boot`, `cpu_start`, `idle`, `thread`, `system_call`, `user_exception`,
/// `interrupt`, `interrupt_tail`. The function is an `unsafe fn` whose first parameter is the root.
///
/// # Expansion
///
/// ```text
/// #[entry_point(interrupt)]
/// unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, vector: u64) { body }
///
/// unsafe extern "C" fn dispatch(vector: u64) {
///     fn with_root(held: Root<'_, HardIrq>, vector: u64) { body }
///     unsafe { ::lockorder::entry::interrupt(|held| with_root(held, vector)) }
/// }
/// ```
///
/// # Errors
///
/// An unknown way to enter, a function that is safe, generic or `async`, or has no parameters: at the token.
/// A root of the wrong context is a type mismatch at the parameter.
#[proc_macro_attribute]
pub fn entry(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tokens(entry::expand(attribute.into(), item.into()))
}
