//! Constant expressions for offsets.

use wasm_encoder::ConstExpr;

/// A place in a memory or a table, whose addresses may have 64 bits.
pub(super) fn offset(is_64: bool, offset: u64) -> ConstExpr {
    match is_64 {
        true => ConstExpr::i64_const(offset.cast_signed()),
        false => ConstExpr::i32_const((offset as u32).cast_signed()),
    }
}
