//! The classes of locks on a machine that the test drives. Each program declares its own: a program has one platform.

lockorder::hierarchy! {
    /// Locks on a machine that the test drives.
    pub(crate) hierarchy DRIVEN, platform = planned_tests::machine::Machine;
    /// What tests take first.
    pub(crate) level Outside = 10 {
        /// A token.
        pub(crate) class Mounts = 0, order = serial;
        /// Another class of tokens.
        pub(crate) class Names = 1, order = serial;
    }
    /// What tests take next.
    pub(crate) level Between = 40 {
        /// An outer lock.
        pub(crate) class Outer = 0;
        /// An inner lock.
        pub(crate) class Inner = 1;
    }
}
