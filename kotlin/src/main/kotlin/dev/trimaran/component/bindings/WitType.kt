package dev.trimaran.component.bindings

import dev.trimaran.internal.ffi.ComponentTypeKind

/** What a type was generated from. It is compared with the type of the component when that is bound. */
@GeneratedBindings
public class WitType private constructor(
    @get:JvmSynthetic internal val kind: ComponentTypeKind,
    @get:JvmSynthetic internal val names: List<String> = emptyList(),
    @get:JvmSynthetic internal val parts: List<WitType?> = emptyList(),
) {
    /** Whether values of the type have resources. */
    @get:JvmSynthetic
    internal val hasResources: Boolean =
        kind == ComponentTypeKind.OWN || kind == ComponentTypeKind.BORROW || parts.any { it?.hasResources == true }

    /** The types. */
    public companion object {
        /** `bool` */
        public val BOOL: WitType = WitType(ComponentTypeKind.BOOL)

        /** `s8` */
        public val S8: WitType = WitType(ComponentTypeKind.S8)

        /** `u8` */
        public val U8: WitType = WitType(ComponentTypeKind.U8)

        /** `s16` */
        public val S16: WitType = WitType(ComponentTypeKind.S16)

        /** `u16` */
        public val U16: WitType = WitType(ComponentTypeKind.U16)

        /** `s32` */
        public val S32: WitType = WitType(ComponentTypeKind.S32)

        /** `u32` */
        public val U32: WitType = WitType(ComponentTypeKind.U32)

        /** `s64` */
        public val S64: WitType = WitType(ComponentTypeKind.S64)

        /** `u64` */
        public val U64: WitType = WitType(ComponentTypeKind.U64)

        /** `f32` */
        public val F32: WitType = WitType(ComponentTypeKind.F32)

        /** `f64` */
        public val F64: WitType = WitType(ComponentTypeKind.F64)

        /** `char` */
        public val CHAR: WitType = WitType(ComponentTypeKind.CHAR)

        /** `string` */
        public val STRING: WitType = WitType(ComponentTypeKind.STRING)

        /** A handle that owns a resource. */
        public val OWN: WitType = WitType(ComponentTypeKind.OWN)

        /** A handle that is lent. */
        public val BORROW: WitType = WitType(ComponentTypeKind.BORROW)

        /** `list<element>` */
        public fun list(element: WitType): WitType = WitType(ComponentTypeKind.LIST, parts = listOf(element))

        /** `option<value>` */
        public fun option(value: WitType): WitType = WitType(ComponentTypeKind.OPTION, parts = listOf(value))

        /** `result<ok, error>`: null stands for nothing. */
        public fun result(ok: WitType?, error: WitType?): WitType =
            WitType(ComponentTypeKind.RESULT, parts = listOf(ok, error))

        /** `tuple<items>` */
        public fun tuple(vararg items: WitType): WitType = WitType(ComponentTypeKind.TUPLE, parts = items.asList())

        /** A record of these fields. */
        public fun record(vararg fields: Pair<String, WitType>): WitType = of(ComponentTypeKind.RECORD, fields)

        /** A variant of these cases: null stands for no payload. */
        public fun variant(vararg cases: Pair<String, WitType?>): WitType = of(ComponentTypeKind.VARIANT, cases)

        /** An enumeration of these cases. */
        public fun enumeration(vararg names: String): WitType = WitType(ComponentTypeKind.ENUM, names.asList())

        /** These flags. */
        public fun flags(vararg names: String): WitType = WitType(ComponentTypeKind.FLAGS, names.asList())

        @JvmSynthetic
        internal fun func(params: Array<out Pair<String, WitType>>, result: WitType?): WitType =
            WitType(ComponentTypeKind.FUNC, params.map { it.first }, params.map { it.second } + result)

        private fun of(kind: ComponentTypeKind, parts: Array<out Pair<String, WitType?>>): WitType =
            WitType(kind, parts.map { it.first }, parts.map { it.second })
    }
}
