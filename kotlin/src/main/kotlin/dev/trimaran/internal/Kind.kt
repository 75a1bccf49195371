package dev.trimaran.internal

/** The type of a value, as far as a slot is concerned: the numbers of the core's `Kind`. */
internal object Kind {
    const val I32: Byte = 0
    const val I64: Byte = 1
    const val F32: Byte = 2
    const val F64: Byte = 3
    const val V128: Byte = 4
    const val FUNC: Byte = 5
    const val EXTERN: Byte = 6
    const val ANY: Byte = 7
    const val EXN: Byte = 8
}
