//! Two locks of one tree, however they are related.

use std::sync::Arc;

use lockorder::{LockSetError, Nothing, Task};

use super::on_threads;
use crate::copy::blocking::Sleep;
use crate::copy::machine::Machine;
use crate::copy::typed::{Directory, Guard, Held, HeldExclusively, Lock, Rename};
use crate::world::Watched;

/// A lock of a tree.
type Node = Lock<Directory, Sleep<Machine>, Watched>;

/// A thread takes a parent and its child as a pair, the child first; another one takes them the other way round when the first has
/// done; a third one walks down from the parent to the child.
pub fn pair() {
    let shared = Arc::new((Lock::<Rename, Sleep<Machine>, ()>::new(()), [Node::new(Watched::new()), Node::new(Watched::new())]));
    let for_threads = Arc::clone(&shared);
    on_threads(3, move |number| {
        let (rename, [parent, child]) = &*for_threads;
        if number == 2 {
            let above: Guard<'_, _, Nothing, Task> = parent.lock();
            let below: Guard<'_, _, Directory, Task> = child.lock();
            above.increase();
            below.increase();
            return;
        }
        let _rename: Guard<'_, _, Nothing, Task> = rename.lock();
        let mut held = Held::<Rename, Task>::mint();
        let [one, other] = if number == 0 { [child, parent] } else { [parent, child] };
        let twice = held.lock_unrelated(HeldExclusively::mint(), one, one);
        assert_eq!(twice.err(), Some(LockSetError::SameLock));
        let mut both = held.lock_unrelated(HeldExclusively::mint(), one, other).expect("two of them");
        let ([one, other], _held) = both.split();
        one.increase();
        other.increase();
    });
    let [above, below] = &shared.1;
    let (above, below): (Guard<'_, _, Nothing, Task>, Guard<'_, _, Nothing, Task>) = (above.lock(), below.lock());
    assert_eq!((above.read(), below.read()), (3, 3), "an update was lost");
}
