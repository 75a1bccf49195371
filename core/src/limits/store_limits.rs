//! What the guests of a store may use.

/// What the guests of a store may use at most. What is not set has no limit but the machine's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
pub struct StoreLimits {
    /// The size of each memory, and of the store's heap of garbage-collected values, in bytes. Of a shared memory the maximum
    /// counts, since it grows without its store being asked.
    #[uniffi(default)]
    pub memory_size: Option<u64>,
    /// The size of each table, in elements.
    #[uniffi(default)]
    pub table_elements: Option<u64>,
    /// How many instances there may be in all; each counts until the store goes.
    #[uniffi(default)]
    pub instances: Option<u64>,
    /// How many tables the instances may define in all. Those that the host makes do not count.
    #[uniffi(default)]
    pub tables: Option<u64>,
    /// How many memories the instances may define in all. Those that the host makes do not count.
    #[uniffi(default)]
    pub memories: Option<u64>,
    /// Whether a guest that asks for more fails with `Limit`, where it would be given -1.
    #[uniffi(default = false)]
    pub trap_on_grow_failure: bool,
    /// How many file descriptors the guests may have of WASI at a time. The three standard streams and the directories that
    /// they are granted count. A guest that opens one more is told so, by the error number `mfile`.
    #[uniffi(default)]
    pub file_descriptors: Option<u64>,
}
