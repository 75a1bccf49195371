package dev.trimaran

import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Slots
import dev.trimaran.internal.shownOf
import dev.trimaran.internal.ffi.Table as Raw

/**
 * A table: references that a guest and its host share. It belongs to one store.
 *
 * Indices and lengths are in elements, 0 or more. Whatever reaches past the end fails with `Range`, and then nothing has
 * changed. An element that is no reference of the table's type fails with `Type`.
 */
public class Table private constructor(raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** The kind of its elements, once that was asked for. */
    @Volatile
    private var known: Byte = -1

    /**
     * Makes a table in [store], of as many elements as [type] has at least, each of which is [init]. Fails with `Range`
     * where the type is impossible, with `Type` where [init] is of another type, and with `Limit` where there is no
     * room.
     */
    @JvmOverloads
    public constructor(store: Store, type: TableType, init: Val = Val.Null) :
        this(init.lend(store) { core(store) { Raw(store.raw, type.toRaw(), it) } })

    /** The table's type. Its limits are those that it was made with. */
    public fun type(store: Store): TableType = core(store) { raw.type(store.raw) }.toPublic()

    /** The size now, in elements. */
    public fun size(store: Store): Long = core(store) { raw.size(store.raw) }.toSize()

    /**
     * The element at [index], as in `table[store, 0]`. A function is the same object each time. Fails with `Range` past
     * the end.
     */
    public operator fun get(store: Store, index: Long): Val {
        val kind = kind(store)
        if (kind == Kind.FUNC) return func(store, index)
        val bits = native(store) { table, inside -> NativeByHand.tableGet(table, inside, index) }
        return Slots.value(store, kind, bits, 0)
    }

    /** A function, which is the same object each time. */
    private fun func(store: Store, index: Long): Val {
        val name = native(store) { table, inside -> NativeByHand.tableFunc(table, inside, index) }
        if (name == 0L) return Val.FuncRef(null)
        return store.funcs[name] ?: newFunc(store, index)
    }

    private fun newFunc(store: Store, index: Long): Val {
        val found = LongArray(2)
        native(store) { table, inside -> NativeByHand.tableFuncSlot(table, inside, index, found) }
        // By now it may be another one.
        val (handle, name) = found
        return if (name == 0L) Val.FuncRef(null) else store.funcs.put(name, Func.of(handle))
    }

    /**
     * Sets the element at [index] to [value], as in `table[store, 0] = value`. Fails with `Range` past the end, and
     * with `Type` for a value of another type.
     */
    public operator fun set(store: Store, index: Long, value: Val) {
        val kind = kind(store)
        if (!Slots.fits(kind, value)) {
            // The core knows what is wrong.
            return value.lend(store) { core(store) { raw.set(store.raw, index, it) } }
        }
        Slots(store, LongArray(2)).use { slots ->
            slots.put(0, kind, value)
            val (low, high) = slots.numbers
            native(store) { table, inside -> NativeByHand.tableSet(table, inside, index, low, high) }
        }
    }

    /**
     * Grows the table by [delta] elements, 0 or more, each of which is [init], and gives its size before. Fails with
     * `Limit` past the maximum of its type or of its store; then nothing has changed.
     */
    @JvmOverloads
    public fun grow(store: Store, delta: Long, init: Val = Val.Null): Long =
        init.lend(store) { core(store) { raw.grow(store.raw, delta, it) } }.toSize()

    /**
     * Sets [length] elements, beginning at [index], to [value]. Fails with `Range` where they reach past the end, and
     * with `Type` for a value of another type; then nothing has changed.
     */
    public fun fill(store: Store, index: Long, value: Val, length: Long): Unit =
        value.lend(store) { core(store) { raw.fill(store.raw, index, it, length) } }

    /**
     * Copies [length] elements of [source], beginning at [sourceIndex], to [index]. The two ranges may overlap. Fails
     * with `Range` where one reaches past the end, and with `Type` where the elements of [source] are of another type;
     * then nothing has changed.
     */
    public fun copy(store: Store, index: Long, source: Table, sourceIndex: Long, length: Long): Unit =
        core(store, source) { raw.copy(store.raw, index, source.raw, sourceIndex, length) }

    private fun kind(store: Store): Byte =
        if (known >= 0) {
            known
        } else {
            native(store) { table, inside -> NativeByHand.tableKind(table, inside).toByte() }.also { known = it }
        }

    /** A call of the native library, with the addresses of this table and of its store. */
    private inline fun <R> native(store: Store, crossinline call: (table: Long, inside: Long) -> R): R =
        core(this, store) { call(raw.handle, store.raw.handle) }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Table", Owned.TABLE) { raw }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Table = Table(raw)
    }
}
