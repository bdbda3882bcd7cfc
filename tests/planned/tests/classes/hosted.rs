//! The classes of locks on the host. Each program declares its own: a program has one platform.

lockorder::hierarchy! {
    /// Locks on the host.
    pub(crate) hierarchy HOSTED;
    /// One level.
    pub(crate) level Hosted = 40 {
        /// A token.
        pub(crate) class HostToken = 0, order = serial;
        /// A lock that sleeps.
        pub(crate) class HostLock = 1;
        /// One inside of it.
        pub(crate) class HostInner = 2;
    }
}
