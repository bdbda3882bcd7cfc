//! The macros of `lockorder`. That crate re-exports them; the documentation of each says what it expands to.
//!
//! **Errors.** A wrong use is an error at the token that is wrong, and says what to write instead. No macro panics, and none
//! ignores an argument. An expansion allows no lint, so a crate may forbid `unsafe` code and declare a hierarchy.
//!
//! **Another name.** An expansion names the library `::lockorder`. A crate that has it under another name says so to each
//! macro that names it:
//!
//! ```text
//! [dependencies]
//! lo = { package = "lockorder", version = "0.1" }
//! ```
//!
//! ```text
//! hierarchy! { crate = lo; … }
//! #[acquires(Inode; atomic, crate = lo)]
//! #[entry_point(thread, crate = lo)]
//! #[derive(Acquire)] #[acquire(crate = lo)] struct Volume { … }
//! ```
//!
//! **Layers.** Each file uses those above it only.
//!
//! | files | what |
//! |---|---|
//! | `error` | messages, and the tokens at which they stand |
//! | `cursor` | a cursor over tokens |
//! | `syntax`, `generics`, `function` | the parts of Rust that the macros read |
//! | `type_number`, `positions` | what expansions name of the library |
//! | `hierarchy`, `acquires`, `acquire`, `derive`, `entry` | one macro each |

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
///     crate = lo;                                       // where the library has another name
///     /// What it is the hierarchy of.
///     pub hierarchy KERNEL, platform = crate::Machine;  // the platform defaults to the host's
///     /// What the level guards.
///     pub level Filesystem = 40 {
///         /// What the lock protects.
///         pub class Rename = 0;
///         /// What the lock protects.
///         pub class Directory = 1, order = tree,        // none (the default), address, key, tree, serial
///             pairs under Rename;                       // two of a tree, on evidence of a lock outside
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
/// Levels are declared outermost first, in strictly increasing number, 1 to 1022; the classes of a level in increasing
/// minor number, 0 to 63. A rank is used once, unless `sibling of` says that two classes never nest. Attributes other than
/// documentation are refused, since the table shows every class in every build. An invocation that extends levels of other
/// modules only needs no `hierarchy` line.
///
/// # Expansion
///
/// Each level and each class becomes an enum without values, with `unsafe` implementations whose numbers are written from
/// one literal. The hierarchy becomes a static table, whose documentation shows it:
///
/// ```text
/// pub enum Inode {}
/// unsafe impl Level for Inode { type Rank = /* 2563 in normal form */; const CEILING: Ceiling = …; }
/// unsafe impl Declared for Inode { type Outside = /* 2562 */; const NAME: &str = "Inode"; }
/// unsafe impl Class for Inode { type Order = Unnested; type Platform = <Filesystem as Band>::Platform; … }
/// // … and an entry in the link section of `lockorder::CLASSES`
/// pub static KERNEL: Hierarchy = Hierarchy { name: "KERNEL", levels: &[…], classes: &[…] };
/// ```
///
/// # Errors
///
/// At the offending token: a number out of range or out of order, a rank used twice, an unknown level, sibling or
/// discipline, pairs of what is no tree, a name declared twice, documentation that is not written out. All errors of an invocation are reported
/// together. That a class takes a rank of a level of another module, or has pairs under a class that does not lie outside, the
/// compiler finds when it evaluates a constant (E0080); it stands at the number, or at the name.
#[proc_macro]
pub fn hierarchy(input: TokenStream) -> TokenStream {
    tokens(hierarchy::expand(input.into()))
}

/// Says what a function acquires, outermost first, as bounds on its callers.
///
/// `#[acquires(Directory, Inode; may_sleep)]` lists classes, then after a semicolon words:
///
/// | word | meaning |
/// |---|---|
/// | `may_sleep` (the default), `atomic`, `irq` | the context that the function needs |
/// | `nothing_held` | the function waits for other threads, so its caller holds nothing; there is no list then |
/// | `dyn` | the signature is concrete, for methods of traits used as `dyn` |
/// | `crate = path` | the name of the library, where it is another one |
///
/// A class may be a type parameter of the function, or an associated type. A level stands for all its classes. The body may
/// also acquire what lies further in than the list.
///
/// The function has one parameter of type `Held`, written without parameters: the attribute fills them in. Elsewhere the
/// compiler asks for them (E0107). The token keeps its form in the body:
///
/// | parameter | in the body |
/// |---|---|
/// | `held: Held` | a token by value, mutable; a caller keeps its own by `held.reborrow()` |
/// | `held: &mut Held` | a reference, to be passed on as it is |
///
/// # Expansion
///
/// ```text
/// #[acquires(Directory, Inode; atomic)]
/// fn rename(held: Held, volume: &Volume) { body }
///
/// // The caller holds nothing at or inside of Directory, and may spin.
/// fn rename<__Outer: Level>(held: Held<'_, __Outer, impl MaySpin>, volume: &Volume)
/// where
///     __Outer: Before<Directory>,
///     __Outer: Before<Inode>,
/// {
///     /* a check that Inode comes after Directory */
///     let mut held: Held<'_, Below<Directory>, Atomic> = held.below::<Directory>().to_atomic();
///     body
/// }
/// ```
///
/// Inside, the token is concrete, so the body is checked once and not for every caller. With `dyn` the signature itself is
/// concrete, `Held<'_, Below<Directory>, Atomic>`, and callers weaken their token by `below`. The token of the body lives as
/// long as the body: a function that returns a guard writes its bounds by hand. The position of the caller is the last
/// parameter of the function: where the others are written out, it is `_`.
///
/// # Errors
///
/// An empty list, a list beside `nothing_held`, an unknown word, two contexts, no `Held` parameter or two of them, a shared
/// reference to the token, an `async fn`, a `const fn`: at the token. A list out of order is the lock order error itself.
#[proc_macro_attribute]
pub fn acquires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tokens(acquires::expand(attribute.into(), item.into()))
}

/// Generates an acquiring accessor for each lock of a struct.
///
/// `#[acquire(skip)]` leaves a field out; `#[acquire(name = "…")]` names the accessor, which is `lock_<field>` otherwise. The
/// accessor is as visible as the field. `#[acquire(crate = path)]` on the struct names the library.
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
/// On enums, unions and tuple structs, and for a word in `#[acquire(…)]` that is unknown, given twice, or of no effect: at
/// the token. A field that is no lock has no class (E0277).
#[proc_macro_derive(Acquire, attributes(acquire))]
pub fn derive_acquire(input: TokenStream) -> TokenStream {
    tokens(derive::expand(input.into()))
}

/// Acquires several locks, each inside of the one before, and runs a block with their data.
///
/// `acquire!(held => inode, queue = device.queue => { … })`: each element is a variable that is a lock (or a reference to
/// one), whose data takes its name inside the block, or `name = place`.
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
/// A wrong order is the lock order error, at the lock that is out of order. The block is not a closure: `return` and `?`
/// leave the function.
///
/// # Errors
///
/// A name used for two locks, a place without a name, code behind the block: at the token.
#[proc_macro]
pub fn acquire(input: TokenStream) -> TokenStream {
    tokens(acquire::expand(input.into()))
}

/// Makes a function an entry point: it starts with the root that this way of entering has.
///
/// Re-exported as `lockorder::entry_point`. The way is one of `boot`, `cpu_start`, `idle`, `thread`, `system_call`,
/// `user_exception`, `interrupt`, `interrupt_tail`; `crate = path` may follow it. The function is an `unsafe fn` whose first
/// parameter is the root.
///
/// # Expansion
///
/// ```text
/// #[entry_point(interrupt)]
/// unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, vector: u64) { body }
///
/// unsafe extern "C" fn dispatch(vector: u64) {
///     fn __entered_with_root(held: Root<'_, HardIrq>, vector: u64) { body }
///     unsafe { ::lockorder::entry::interrupt(|root| __entered_with_root(root, vector)) }
/// }
/// ```
///
/// # Errors
///
/// An unknown way to enter, and a function that is safe, generic, bounded, `async` or `const`, or has no root, a parameter
/// without a name or with a condition (`cfg`), or `...`: at the token. A root of the wrong context is a type mismatch at the parameter.
#[proc_macro_attribute]
pub fn entry(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tokens(entry::expand(attribute.into(), item.into()))
}
