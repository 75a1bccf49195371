package dev.trimaran.component

import dev.trimaran.WasmtimeException

/**
 * Reads unsigned numbers of components from Java, which has no type for them:
 * `Unsigned.toLong(function.invoke(store))`.
 */
public object Unsigned {
    /**
     * The number as a `long`. Of a [ULong] past [Long.MAX_VALUE] it is the number with the same bits, as
     * [java.lang.Long.toUnsignedString] reads it. Fails with `Type` for what is no integer.
     */
    @JvmStatic
    public fun toLong(value: Any?): Long =
        when (value) {
            is UInt -> value.toLong()
            is ULong -> value.toLong()
            is UByte -> value.toLong()
            is UShort -> value.toLong()
            is Byte, is Short, is Int, is Long -> (value as Number).toLong()
            else -> throw WasmtimeException.Type(
                "the value is ${value?.let {
                    "a ${it.javaClass.name}"
                }}: expected an integer",
            )
        }
}
