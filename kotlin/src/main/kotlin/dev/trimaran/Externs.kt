package dev.trimaran

import dev.trimaran.internal.NativeByHand
import kotlin.reflect.KClass
import dev.trimaran.internal.ffi.Extern as Raw

/**
 * Something that can be imported or exported: a [Func], [Global], [Table], [Memory], [SharedMemory] or [Tag]. The
 * hierarchy is closed, so that a `when` over it is exhaustive.
 */
public sealed interface Extern

/** The export [name], if it is a [T], or `Type`. */
@JvmSynthetic
internal inline fun <reified T : Extern> Extern.expect(name: String): T =
    this as? T ?: wrongExport(name, this, T::class)

@JvmSynthetic
internal fun wrongExport(name: String, found: Extern, expected: KClass<out Extern>): Nothing {
    // By their numbers in the core, from 1. Made here, and not once for all: to load all classes at once takes more stack than
    // a small thread has.
    val kinds = listOf(Func::class, Global::class, Table::class, Memory::class, SharedMemory::class, Tag::class)
    failing { NativeByHand.wrongExport(name, kinds.indexOf(found::class) + 1, kinds.indexOf(expected) + 1) }
}

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
