package dev.trimaran

import dev.trimaran.internal.ffi.Extern as Raw
import dev.trimaran.internal.ffi.WasmtimeError as RawError

/**
 * Something that can be imported or exported: a [Func], [Global], [Table], [Memory], [SharedMemory] or [Tag]. The
 * hierarchy is closed, so that a `when` over it is exhaustive.
 */
public sealed interface Extern

/** The word for what it is, in messages. */
@JvmSynthetic
internal fun Extern.word(): String =
    when (this) {
        is Func -> "a function"
        is Global -> "a global"
        is Table -> "a table"
        is Memory -> "a memory"
        is SharedMemory -> "a shared memory"
        is Tag -> "a tag"
    }

/** The export [name], if it is what is [expected], or `Type`. */
@JvmSynthetic
internal inline fun <reified T : Extern> Extern.expect(name: String, expected: String): T =
    this as? T ?: throw wrongExport(name, word(), expected)

// In the core's words, which show a guest's name without control characters.
@JvmSynthetic
internal fun wrongExport(name: String, found: String, expected: String): WasmtimeException =
    RawError.Type("the export `$name` is $found: expected $expected").toPublic()

@JvmSynthetic
internal fun Extern.toRaw(): Raw =
    when (this) {
        is Func -> Raw.OfFunc(raw)
        is Global -> Raw.OfGlobal(raw)
        is Table -> Raw.OfTable(raw)
        is Memory -> Raw.OfMemory(raw)
        is SharedMemory -> Raw.OfSharedMemory(raw)
        is Tag -> Raw.OfTag(raw)
    }

@JvmSynthetic
internal fun Raw.toPublic(): Extern =
    when (this) {
        is Raw.OfFunc -> Func.of(func)
        is Raw.OfGlobal -> Global.of(global)
        is Raw.OfTable -> Table.of(table)
        is Raw.OfMemory -> Memory.of(memory)
        is Raw.OfSharedMemory -> SharedMemory.of(memory)
        is Raw.OfTag -> Tag.of(tag)
    }
