//! The class table of a whole program, as the linker gathers it.
//!
//! Each class places a reference to its row in one link section. The linker lays the references of all crates side by
//! side, and names the beginning and the end of the section; what lies between is a slice. Nothing runs at start-up, and
//! nothing can be forgotten: what is linked is listed.
//!
//! The name of the section ends in the version, so that a table never has rows of two layouts; a program has one copy of this crate
//! in any case ([`assert_one_copy`]). A linker script of a kernel keeps the section by this name.
//!
//! No locks here: everything is constant data.

use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::ClassInfo;

/// The classes of every crate linked into this program, in no particular order.
pub static CLASSES: LinkedClasses = LinkedClasses(());

/// The type of [`CLASSES`]: a slice of the rows.
#[derive(Clone, Copy)]
pub struct LinkedClasses(());

impl Deref for LinkedClasses {
    type Target = [&'static ClassInfo];

    fn deref(&self) -> &Self::Target {
        gathered()
    }
}

impl IntoIterator for &LinkedClasses {
    type Item = &'static &'static ClassInfo;
    type IntoIter = core::slice::Iter<'static, &'static ClassInfo>;

    fn into_iter(self) -> Self::IntoIter {
        gathered().iter()
    }
}

impl fmt::Debug for LinkedClasses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(gathered()).finish()
    }
}

/// Makes a type that is declared a class, and places a reference to its row in the section: what `hierarchy!` expands to. Not part of
/// the interface.
///
/// There are no classes but by this macro, and it names this library by `$crate`: so every class is in the table, and its row says of
/// it what its type does, wherever the path leads by which an invocation of `hierarchy!` names the library.
///
/// The attributes stand here in full, and the static has one type: a macro that took the item would let a crate that forbids
/// unsafe code place anything in any section.
// The formatter moves the attributes further in each time.
#[rustfmt::skip]
#[doc(hidden)]
#[macro_export]
macro_rules! __link_class {
    ($class:ident in $level:ty, order = $order:ident $(<$outer:ty>)?, name = $name:literal, doc = $doc:literal, sibling = $sibling:expr) => {
        #[automatically_derived]
        // SAFETY: the row takes rank, discipline and platform from the class itself.
        unsafe impl $crate::Class for $class {
            type Order = $crate::order::$order$(<$outer>)?;
            type Platform = <$level as $crate::Band>::Platform;
            const INFO: &'static $crate::ClassInfo = {
                static INFO: $crate::ClassInfo = $crate::ClassInfo {
                    name: $name,
                    level: <$level as $crate::Declared>::NAME,
                    rank: <$class as $crate::Level>::CEILING.rank().0,
                    order: <<$class as $crate::Class>::Order as $crate::order::Discipline>::KIND,
                    doc: $doc,
                    module: ::core::module_path!(),
                    sibling: $sibling,
                    platform: $crate::PlatformInfo::of::<<$class as $crate::Class>::Platform>(),
                    number: $crate::ClassNumber::none(),
                };
                &INFO
            };
        }
        const _: () = {
            #[used]
            // The other parts of the section are in `table/linked.rs`.
            #[cfg_attr(any(windows, target_os = "uefi"), unsafe(link_section = ".lockorder_0_1$b"))]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__lockorder_0_1,regular,no_dead_strip"))]
            #[cfg_attr(
                not(any(windows, target_os = "uefi", target_vendor = "apple")),
                unsafe(link_section = "lockorder_classes_0_1")
            )]
            static CLASS: &'static $crate::ClassInfo = <$class as $crate::Class>::INFO;
        };
    };
}

const _: () = assert!(
    matches!(
        (env!("CARGO_PKG_VERSION_MAJOR").as_bytes(), env!("CARGO_PKG_VERSION_MINOR").as_bytes()),
        (b"0", b"1")
    ),
    "the section's name says the version: it is in this file, and in the linker scripts of kernels"
);

/// Whose roots this program has: the address of a static of the copy of this library that gave the first one; 0 before.
///
/// There is one copy in a program. Each would give a thread a root of its own, which knows nothing of what the other one's holds,
/// and two whose section has one name would each read the other one's rows as its own. Another copy, of whatever version, defines
/// the same symbol, so the two are not linked together; and where something merges the two definitions, as link-time optimisation
/// may, one of the copies finds the other one's address here. So this is an `AtomicUsize` in every version.
#[used]
#[unsafe(export_name = "a_program_has_one_copy_of_lockorder")]
static COPY: AtomicUsize = AtomicUsize::new(0);

/// Refuses a program that has two copies of this library: called before a root is given.
///
/// # Panics
///
/// When another copy has given one.
pub(crate) fn assert_one_copy() {
    // Of this copy alone: nobody else writes it, but it could be written, so it lies where nothing else does.
    static THIS: AtomicUsize = AtomicUsize::new(0);
    let this = (&raw const THIS).addr();
    let first = COPY.compare_exchange(0, this, Ordering::Relaxed, Ordering::Relaxed);
    assert!(
        first.map_or_else(|first| first == this, |_| true),
        "two copies of `lockorder` are linked into one program, and a root of the one knows nothing of the other's: \
         have all crates depend on one version, from one source (`cargo tree --duplicates`)"
    );
}

/// The section's content.
#[cfg(not(any(windows, target_os = "uefi")))]
fn gathered() -> &'static [&'static ClassInfo] {
    unsafe extern "Rust" {
        // The linker names the ends of a section whose own name is an identifier.
        #[cfg_attr(target_vendor = "apple", link_name = "\x01section$start$__DATA$__lockorder_0_1")]
        #[cfg_attr(not(target_vendor = "apple"), link_name = "__start_lockorder_classes_0_1")]
        static BEGIN: [&'static ClassInfo; 0];
        #[cfg_attr(target_vendor = "apple", link_name = "\x01section$end$__DATA$__lockorder_0_1")]
        #[cfg_attr(not(target_vendor = "apple"), link_name = "__stop_lockorder_classes_0_1")]
        static END: [&'static ClassInfo; 0];
    }
    // A program without a class has the section, too, and it is aligned as references are.
    #[used]
    #[cfg_attr(
        target_vendor = "apple",
        unsafe(link_section = "__DATA,__lockorder_0_1,regular,no_dead_strip")
    )]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "lockorder_classes_0_1"))]
    static NONE: [&ClassInfo; 0] = [];
    between((&raw const BEGIN).cast(), (&raw const END).cast())
}

/// The section's content: PE sorts the parts of a section by what follows the `$`, and names no ends.
#[cfg(any(windows, target_os = "uefi"))]
fn gathered() -> &'static [&'static ClassInfo] {
    // The ends have a size, since some linkers give statics without one a byte.
    #[used]
    #[unsafe(link_section = ".lockorder_0_1$a")]
    static BEGIN: Option<&ClassInfo> = None;
    #[used]
    #[unsafe(link_section = ".lockorder_0_1$c")]
    static END: Option<&ClassInfo> = None;
    let begin = core::hint::black_box((&raw const BEGIN).cast::<&'static ClassInfo>());
    between(begin.wrapping_add(1), core::hint::black_box((&raw const END).cast()))
}

/// The slice between the ends of the section.
fn between(
    begin: *const &'static ClassInfo,
    end: *const &'static ClassInfo,
) -> &'static [&'static ClassInfo] {
    let length = (end.addr() - begin.addr()) / size_of::<&'static ClassInfo>();
    // SAFETY: the linker lays out the section from `begin` to `end`, and nothing but references is placed there: the
    // name of the section is this crate's own, and what safe code can place there is what `__link_class` expands to, whose
    // static has the element's type; to place anything else in a section is `unsafe` (edition 2024). They are aligned,
    // constant, and live as long as the program.
    unsafe { core::slice::from_raw_parts(begin, length) }
}
