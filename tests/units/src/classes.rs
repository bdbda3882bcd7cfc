//! The classes of the tests' locks: those on the test's machine, and those on the host.

lockorder::hierarchy! {
    /// Locks on a machine that the test drives.
    pub hierarchy DRIVEN, platform = crate::machine::Machine;
    /// What tests take first.
    pub level Outside = 10 {
        /// A token.
        pub class Mounts = 0, order = serial;
        /// Another class of tokens, which comes inside of the first.
        pub class Names = 1, order = serial;
    }
    /// What tests take next.
    pub level Between = 40 {
        /// An outer lock.
        pub class Outer = 0;
        /// An inner lock.
        pub class Inner = 1;
    }
}

lockorder::hierarchy! {
    /// Locks on the host.
    pub hierarchy ORDINARY;
    /// One level.
    pub level Hosted = 40 {
        /// A token.
        pub class HostToken = 0, order = serial;
        /// A lock that sleeps.
        pub class HostLock = 1;
        /// One inside of it.
        pub class HostInner = 2;
    }
}
