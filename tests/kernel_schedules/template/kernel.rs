//! A copy: the kernel's text among stand-ins.

pub mod leaf {
    pub use crate::world::LeafLock;
}

pub mod leaves {
    pub use crate::world::Leaf;
}

pub mod mm {
    pub mod fallible {
        pub use crate::world::try_arc;
    }
}

pub mod time {
    pub use crate::world::Instant;
}

pub mod platform {
    pub use crate::world::Machine;
}

pub mod levels {
    lockorder::hierarchy! {
        /// The models' hierarchy.
        pub hierarchy KERNEL, platform = crate::world::Machine;
        /// Messages.
        pub level Ipc = 30;
    }
}

pub mod sched {
    pub mod core {
        pub use crate::world::{block, current, forget_wake_at, wake_at};
    }
    pub mod thread {
        pub use crate::world::Thread;
    }
    pub mod waiting;
}

pub mod futex {
    pub mod bucket;
    pub mod key;
    pub mod line;
    pub mod table;
    pub mod waiter;
}

pub mod models;
