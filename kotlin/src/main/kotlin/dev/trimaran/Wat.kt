@file:JvmName("Wat")

package dev.trimaran

import dev.trimaran.internal.ffi.wat2wasm as rawWat2wasm

/**
 * Translates the WebAssembly text format to the binary format (core specification, section 6). Fails with
 * `Syntax`, which has line and column.
 */
public fun wat2wasm(text: String): ByteArray = wat2wasm(text.utf8())

/**
 * Translates the WebAssembly text format, as UTF-8, to the binary format. Bytes that are binary already come
 * back unchanged. Fails with `Syntax`, which has line and column.
 */
public fun wat2wasm(text: ByteArray): ByteArray = core { rawWat2wasm(text) }
