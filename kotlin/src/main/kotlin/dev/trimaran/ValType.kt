package dev.trimaran

import dev.trimaran.internal.ffi.HeapType as RawHeapType
import dev.trimaran.internal.ffi.RefType as RawRefType
import dev.trimaran.internal.ffi.ValType as RawValType

/** The type of a value. */
public sealed class ValType {
    /** A 32-bit integer. */
    public object I32 : ValType()

    /** A 64-bit integer. */
    public object I64 : ValType()

    /** A 32-bit float. */
    public object F32 : ValType()

    /** A 64-bit float. */
    public object F64 : ValType()

    /** A vector of 128 bits. */
    public object V128 : ValType()

    /**
     * A reference.
     *
     * @property type To what, and whether it may be null.
     */
    public data class Ref(public val type: RefType) : ValType()

    /** The type, as in the text format. */
    final override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawValType =
        when (this) {
            I32 -> RawValType.I32
            I64 -> RawValType.I64
            F32 -> RawValType.F32
            F64 -> RawValType.F64
            V128 -> RawValType.V128
            is Ref -> RawValType.Ref(type.toRaw())
        }

    /** Short names. */
    public companion object {
        /** A reference to any function, or null. */
        @JvmStatic
        public fun funcref(): ValType = Ref(RefType.funcref())

        /** A reference to any value of the host, or null. */
        @JvmStatic
        public fun externref(): ValType = Ref(RefType.externref())
    }
}

/**
 * The type of a reference.
 *
 * @property heap What it refers to.
 * @property nullable Whether null is one of its values.
 */
public data class RefType @JvmOverloads constructor(public val heap: HeapType, public val nullable: Boolean = true) {
    /** The type, as in the text format: the short names for nullable references, the long form for the rest. */
    override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawRefType = RawRefType(nullable, heap.toRaw())

    /** Short names. */
    public companion object {
        /** To any function, or null. */
        @JvmStatic
        public fun funcref(): RefType = RefType(HeapType.Func)

        /** To any value of the host, or null. */
        @JvmStatic
        public fun externref(): RefType = RefType(HeapType.Extern)
    }
}

/** What a reference refers to. */
public sealed class HeapType {
    /** Any value of the host. */
    public object Extern : HeapType()

    /** Only the null of the host's hierarchy. */
    public object NoExtern : HeapType()

    /** Any function. */
    public object Func : HeapType()

    /** Only the null of the functions. */
    public object NoFunc : HeapType()

    /** Any garbage-collected value. */
    public object Any : HeapType()

    /** Any value that can be compared for identity. */
    public object Eq : HeapType()

    /** An integer of 31 bits. */
    public object I31 : HeapType()

    /** Any struct. */
    public object Struct : HeapType()

    /** Any array. */
    public object Array : HeapType()

    /** Only the null of the garbage-collected values. */
    public object None : HeapType()

    /** Any exception. */
    public object Exn : HeapType()

    /** Only the null of the exceptions. */
    public object NoExn : HeapType()

    /** Any continuation. */
    public object Cont : HeapType()

    /** Only the null of the continuations. */
    public object NoCont : HeapType()

    /**
     * One defined type.
     *
     * @property text The type, as in the text format, such as `(func (param i32))`.
     */
    public data class Concrete(public val text: String) : HeapType()

    /** The type, as in the text format. */
    final override fun toString(): String = toRaw().toString()

    @JvmSynthetic
    internal fun toRaw(): RawHeapType =
        when (this) {
            Extern -> RawHeapType.Extern
            NoExtern -> RawHeapType.NoExtern
            Func -> RawHeapType.Func
            NoFunc -> RawHeapType.NoFunc
            Any -> RawHeapType.Any
            Eq -> RawHeapType.Eq
            I31 -> RawHeapType.I31
            Struct -> RawHeapType.Struct
            Array -> RawHeapType.Array
            None -> RawHeapType.None
            Exn -> RawHeapType.Exn
            NoExn -> RawHeapType.NoExn
            Cont -> RawHeapType.Cont
            NoCont -> RawHeapType.NoCont
            is Concrete -> RawHeapType.Concrete(text)
        }
}

@JvmSynthetic
internal fun RawValType.toPublic(): ValType =
    when (this) {
        RawValType.I32 -> ValType.I32
        RawValType.I64 -> ValType.I64
        RawValType.F32 -> ValType.F32
        RawValType.F64 -> ValType.F64
        RawValType.V128 -> ValType.V128
        is RawValType.Ref -> ValType.Ref(ty.toPublic())
    }

@JvmSynthetic
internal fun RawRefType.toPublic(): RefType = RefType(heap.toPublic(), nullable)

@JvmSynthetic
internal fun RawHeapType.toPublic(): HeapType =
    when (this) {
        RawHeapType.Extern -> HeapType.Extern
        RawHeapType.NoExtern -> HeapType.NoExtern
        RawHeapType.Func -> HeapType.Func
        RawHeapType.NoFunc -> HeapType.NoFunc
        RawHeapType.Any -> HeapType.Any
        RawHeapType.Eq -> HeapType.Eq
        RawHeapType.I31 -> HeapType.I31
        RawHeapType.Struct -> HeapType.Struct
        RawHeapType.Array -> HeapType.Array
        RawHeapType.None -> HeapType.None
        RawHeapType.Exn -> HeapType.Exn
        RawHeapType.NoExn -> HeapType.NoExn
        RawHeapType.Cont -> HeapType.Cont
        RawHeapType.NoCont -> HeapType.NoCont
        is RawHeapType.Concrete -> HeapType.Concrete(text)
    }
