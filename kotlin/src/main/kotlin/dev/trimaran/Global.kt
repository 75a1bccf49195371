package dev.trimaran

import dev.trimaran.internal.Kind
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Owned
import dev.trimaran.internal.Slots
import dev.trimaran.internal.shownOf
import dev.trimaran.internal.ffi.Global as Raw

/** A global: one value that a guest and its host share. It belongs to one store. */
public class Global private constructor(raw: Raw) : Extern {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    /** The kind of what it holds, once that was asked for. */
    @Volatile
    private var known: Byte = -1

    /**
     * Makes a global in [store] that holds [value], which is converted as arguments are. Fails with `Type` for a value of
     * another type, and with `Range` for a number that does not fit.
     */
    public constructor(store: Store, type: GlobalType, value: Val) :
        this(value.lend(store) { core(store) { Raw(store.raw, type.toRaw(), it) } })

    /** The global's type. */
    public fun type(store: Store): GlobalType = core(store) { raw.type(store.raw) }.toPublic()

    /** The value now. */
    public fun get(store: Store): Val {
        val kind = kind(store)
        if (kind >= Kind.V128) return wide(store, kind)
        return Slots.number(kind, native(store) { global, inside -> NativeByHand.globalGet(global, inside) }, 0)
    }

    /**
     * Sets the value, which is converted as arguments are. Fails with `Type` where the global is constant or its type is
     * another one, and with `Range` for a number that does not fit.
     */
    public fun set(store: Store, value: Val) {
        val kind = kind(store)
        if (kind >= Kind.V128 || !Slots.fits(kind, value)) return setOther(store, kind, value)
        val bits = Slots.low(value)
        native(store) { global, inside -> NativeByHand.globalSet(global, inside, bits) }
    }

    private fun wide(store: Store, kind: Byte): Val {
        val slots = Slots(store, LongArray(2))
        native(store) { global, inside -> NativeByHand.globalGetSlot(global, inside, slots.numbers) }
        return slots.get(0, kind)
    }

    private fun setOther(store: Store, kind: Byte, value: Val) {
        if (!Slots.fits(kind, value)) {
            // The core knows what can be converted, and what is wrong.
            return value.lend(store) { core(store) { raw.set(store.raw, it) } }
        }
        Slots(store, LongArray(2)).use { slots ->
            slots.put(0, kind, value)
            val (low, high) = slots.numbers
            native(store) { global, inside -> NativeByHand.globalSetSlot(global, inside, low, high) }
        }
    }

    private fun kind(store: Store): Byte =
        if (known >= 0) {
            known
        } else {
            native(store) { global, inside -> NativeByHand.globalKind(global, inside).toByte() }.also { known = it }
        }

    /** A call of the native library, with the addresses of this global and of its store. */
    private inline fun <R> native(store: Store, crossinline call: (global: Long, inside: Long) -> R): R =
        core(this, store) { call(raw.handle, store.raw.handle) }

    /** What it is, and the number of its store. */
    override fun toString(): String = shownOf("Global", Owned.GLOBAL) { raw }

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Global = Global(raw)
    }
}
