//! Where instances get their memory from.

use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::{Result, WasmtimeError};

/// Where instances get their memories and tables from (`wasmtime::InstanceAllocationStrategy`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Allocation {
    /// From the system, when it is needed.
    OnDemand,
    /// From a pool that is reserved when the engine is made: instances are made faster, and there is a limit to them.
    Pooling {
        /// How large the pool is.
        pooling: PoolingConfig,
    },
}

macro_rules! pooling {
    ($($(#[doc = $doc:literal])+ $name:ident: $ty:ty => $size:ty,)*) => {
        /// How large a pool is. What is not set keeps the default of wasmtime 48; names are those of
        /// `wasmtime::PoolingAllocationConfig`. The pool is reserved as addresses, not as memory.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, uniffi::Record)]
        pub struct PoolingConfig {
            $(
                $(#[doc = $doc])+
                #[uniffi(default)]
                pub $name: Option<$ty>,
            )*
        }

        impl PoolingConfig {
            fn to_wasmtime(&self) -> Result<PoolingAllocationConfig> {
                let mut config = PoolingAllocationConfig::new();
                $(
                    if let Some(value) = self.$name {
                        let value = <$size>::try_from(value).map_err(|_| WasmtimeError::Config {
                            reason: format!(concat!(stringify!($name), ": {} is more than this machine has"), value),
                        })?;
                        config.$name(value);
                    }
                )*
                Ok(config)
            }
        }
    };
}

pooling! {
    /// How many instances there can be at once, in all stores of the engine.
    total_core_instances: u32 => u32,
    /// How many memories there can be at once.
    total_memories: u32 => u32,
    /// How many tables there can be at once.
    total_tables: u32 => u32,
    /// How many heaps for garbage-collected values there can be at once: one a store that needs one.
    total_gc_heaps: u32 => u32,
    /// What an instance needs at most for itself, in bytes.
    max_core_instance_size: u64 => usize,
    /// How many memories a module may define.
    max_memories_per_module: u32 => u32,
    /// How many tables a module may define.
    max_tables_per_module: u32 => u32,
    /// The greatest size of a memory, in bytes.
    max_memory_size: u64 => usize,
    /// The greatest size of a table, in elements.
    table_elements: u64 => usize,
    /// How many places are kept as they were for the module that used them last.
    max_unused_warm_slots: u32 => u32,
    /// How many bytes of a memory stay with the process when its instance goes.
    linear_memory_keep_resident: u64 => usize,
    /// How many bytes of a table stay with the process when its instance goes.
    table_keep_resident: u64 => usize,
}

impl Allocation {
    pub(crate) fn to_wasmtime(&self) -> Result<InstanceAllocationStrategy> {
        Ok(match self {
            Self::OnDemand => InstanceAllocationStrategy::OnDemand,
            Self::Pooling { pooling } => InstanceAllocationStrategy::Pooling(pooling.to_wasmtime()?),
        })
    }
}
