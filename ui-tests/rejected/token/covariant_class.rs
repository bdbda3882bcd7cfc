//! One lock is given two ranks through a higher-ranked function type. Source: prototype hole: covariance in the level.
//!
//! error[E0308]: mismatched types
//! fix: the class of a lock cannot change

#![allow(coherence_leak_check, reason = "that the two are told apart at all is under discussion")]

use lockorder::__private::typenum;
use lockorder::{Ceiling, Class, Declared, Level, SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

/// A class written by hand, as only a careless library would.
macro_rules! class {
    ($class:ty, $rank:ident, $outside:ident, $number:expr) => {
        // SAFETY: none: the ranks are in normal form, and the program does not compile anyway.
        unsafe impl Level for $class {
            type Rank = typenum::$rank;
            const CEILING: Ceiling = Ceiling::at("two-faced", $number);
        }
        // SAFETY: as above.
        unsafe impl Declared for $class {
            type Outside = typenum::$outside;
            const NAME: &'static str = "two-faced";
        }
        // SAFETY: as above.
        unsafe impl Class for $class {
            type Order = lockorder::order::Unnested;
            type Platform = lockorder::host::Host;
            const INFO: &'static lockorder::ClassInfo = <Inode as Class>::INFO;
        }
    };
}

struct TwoFaced<F>(std::marker::PhantomData<F>);
type General = TwoFaced<for<'a> fn(&'a u8)>;
type Special = TwoFaced<fn(&'static u8)>;

class!(General, U643, U642, 643);
class!(Special, U801, U800, 801);

fn inner(lock: &SpinLock<General, u64>) -> &SpinLock<Special, u64> {
    lock
}

fn main() {
    println!("{:?} {}", inner(&SpinLock::new(0)), <Special as Declared>::NAME);
}
