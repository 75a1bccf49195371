package dev.trimaran.internal

import dev.trimaran.Func
import dev.trimaran.Reference
import dev.trimaran.Store
import dev.trimaran.Val
import dev.trimaran.core
import dev.trimaran.internal.ffi.Native
import dev.trimaran.internal.ffi.Func as RawFunc
import dev.trimaran.internal.ffi.Reference as RawReference

/**
 * Values on the fast path. [numbers] has two for each, the halves of a slot: a number is in the lower one, a
 * vector in both, and a reference has its handle in the lower one, 0 for null, and its kind in the upper one.
 *
 * References go in borrowed: what has their handles lives until [close]. They come out owned.
 */
internal class Slots(private val store: Store, val numbers: LongArray) : AutoCloseable {
    private var lent: ArrayList<Lent>? = null

    /** A handle in a slot. Without an [owner] it was made for this. */
    private class Lent(val index: Int, val handle: Long, val owner: Any?)

    /** Puts in a value that [fits], or [takes]. */
    fun put(index: Int, kind: Byte, value: Any?) {
        if (kind <= Kind.V128) {
            numbers[2 * index] = low(value)
            if (value is Val.V128) numbers[2 * index + 1] = value.high
        } else {
            numbers[2 * index] = handle(index, value)
            numbers[2 * index + 1] = kind.toLong()
        }
    }

    private fun handle(index: Int, value: Any?): Long =
        when (value) {
            null, is Val.Null -> 0
            is Func -> lend(index, value.raw.handle, value.raw)
            is Reference -> lend(index, value.raw.handle, value.raw)
            is Val.FuncRef -> handle(index, value.func)
            is Val.ExternRef -> external(index, value.value)
            is Val.AnyRef -> handle(index, value.value)
            is Val.ExnRef -> handle(index, value.value)
            else -> external(index, value)
        }

    private fun external(index: Int, value: Any?): Long =
        when (value) {
            null -> 0
            is Reference -> lend(index, value.raw.handle, value.raw)
            else -> lend(index, core(store) { NativeByHand.newExtern(store.raw.handle, value) }, null)
        }

    private fun lend(index: Int, handle: Long, owner: Any?): Long {
        val all = lent ?: ArrayList<Lent>().also { lent = it }
        all.add(Lent(index, handle, owner))
        return handle
    }

    /** Gives what was put in away: from now on it is the library's. */
    fun give() {
        for (one in lent.orEmpty()) {
            when (one.owner) {
                is RawFunc -> numbers[2 * one.index] = one.owner.clone { Native.funcClone(it) }
                is RawReference -> numbers[2 * one.index] = one.owner.clone { Native.referenceClone(it) }
            }
        }
        keepReachable(lent)
        lent = null
    }

    /** What came out. References can be got once. */
    fun get(index: Int, kind: Byte): Val = value(store, kind, numbers[2 * index], numbers[2 * index + 1])

    /** Lets go of what was lent. */
    override fun close() {
        lent?.forEach { if (it.owner == null) Native.referenceFree(it.handle) }
        keepReachable(lent)
    }

    companion object {
        /** Whether the value is of that kind as it is. Whether it is of the very type is left to the core. */
        fun fits(kind: Byte, value: Val): Boolean =
            when (kind) {
                Kind.I32 -> value is Val.I32
                Kind.I64 -> value is Val.I64
                Kind.F32 -> value is Val.F32
                Kind.F64 -> value is Val.F64
                Kind.V128 -> value is Val.V128
                Kind.FUNC -> value is Val.FuncRef || value is Val.Null
                Kind.EXTERN -> value is Val.ExternRef && isOf(kind, value.value) || value is Val.Null
                Kind.ANY -> value is Val.AnyRef && isOf(kind, value.value) || value is Val.Null
                Kind.EXN -> value is Val.ExnRef && isOf(kind, value.value) || value is Val.Null
                else -> false
            }

        /** Whether a plain value goes there as it is, or as an integer that becomes wider. */
        fun takes(kind: Byte, value: Any?): Boolean =
            when (value) {
                is Val -> fits(kind, value) || kind == Kind.I64 && value is Val.I32
                null -> kind > Kind.V128
                is Func -> kind == Kind.FUNC
                is Reference -> kind == value.kind
                is Int -> kind == Kind.I32 || kind == Kind.I64 || kind == Kind.EXTERN
                is Long -> kind == Kind.I64 || kind == Kind.EXTERN
                is Float -> kind == Kind.F32 || kind == Kind.EXTERN
                is Double -> kind == Kind.F64 || kind == Kind.EXTERN
                else -> kind == Kind.EXTERN
            }

        private fun isOf(kind: Byte, value: Any?) = value !is Reference || value.kind == kind

        /** The lower half of a number or vector. */
        fun low(value: Any?): Long =
            when (value) {
                is Int -> value.toLong()
                is Long -> value
                is Double -> value.toRawBits()
                is Float -> value.toRawBits().toLong()
                is Val.I32 -> value.value.toLong()
                is Val.I64 -> value.value
                is Val.F64 -> value.bits
                is Val.F32 -> value.bits.toLong()
                is Val.V128 -> value.low
                else -> error("not an argument for the fast path: $value")
            }

        /** A number or vector. */
        fun number(kind: Byte, low: Long, high: Long): Val =
            when (kind) {
                Kind.I32 -> Val.I32(low.toInt())
                Kind.I64 -> Val.I64(low)
                Kind.F32 -> Val.F32.fromBits(low.toInt())
                Kind.F64 -> Val.F64.fromBits(low)
                else -> Val.V128(low, high)
            }

        /** Any value; a handle is ours from now on. */
        fun value(store: Store, kind: Byte, low: Long, high: Long): Val =
            when (kind) {
                Kind.FUNC -> Val.FuncRef(if (low == 0L) null else Func.of(low))
                Kind.EXTERN -> Val.ExternRef(if (low == 0L) null else Reference.external(store, RawReference(low)))
                Kind.ANY -> Val.AnyRef(reference(kind, low))
                Kind.EXN -> Val.ExnRef(reference(kind, low))
                in Kind.I32..Kind.V128 -> number(kind, low, high)
                else -> Val.Null
            }

        private fun reference(kind: Byte, handle: Long): Reference? =
            if (handle == 0L) null else Reference.of(RawReference(handle), kind)
    }
}
