//! How large shared memories may grow, which wasmtime does not ask a limiter about.

use wasmparser::{Parser, Payload};

/// How large the shared memories that a module in the binary format defines may grow, in bytes; 0 where it has none.
/// Wasmtime does not tell of those that are not exported.
pub(crate) fn shared_memories(binary: &[u8]) -> u64 {
    for payload in Parser::new(0).parse_all(binary) {
        match payload {
            Ok(Payload::MemorySection(section)) => {
                let shared = section.into_iter().flatten().filter(|memory| memory.shared);
                return shared
                    .map(|memory| most(memory.maximum, memory.page_size_log2.unwrap_or(16)))
                    .max()
                    .unwrap_or(0);
            }
            Ok(Payload::CodeSectionStart { .. }) | Err(_) => return 0,
            Ok(_) => {}
        }
    }
    0
}

/// How large it may grow, in bytes, if it is a shared memory.
pub(crate) fn shared_memory(item: &wasmtime::Extern) -> Option<u64> {
    let wasmtime::Extern::SharedMemory(memory) = item else { return None };
    let ty = memory.ty();
    Some(most(ty.maximum(), u32::from(ty.page_size_log2())))
}

fn most(pages: Option<u64>, page_size_log2: u32) -> u64 {
    pages.and_then(|pages| pages.checked_mul(1_u64.checked_shl(page_size_log2)?)).unwrap_or(u64::MAX)
}
