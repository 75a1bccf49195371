package dev.trimaran.internal.component

import dev.trimaran.internal.ffi.ComponentTypeKind
import dev.trimaran.internal.ffi.ComponentTypes

/**
 * Writes and reads the values of one type. It is made once for each type of a function, and parts that are equal share
 * theirs.
 */
internal abstract class Codec(val kind: ComponentTypeKind) {
    /** Writes a value. Fails with [Misfit] where it is none of the type. */
    abstract fun write(to: Exchange, value: Any?)

    /** Reads a value. */
    abstract fun read(from: Exchange): Any?
}

/**
 * The types of a function, as codecs. [isGuests] says which resources are a guest's, by their numbers, and [isPlain]
 * whether the core has it as a plain function.
 */
internal class FuncCodec(types: ComponentTypes, isPlain: Boolean = false, isGuests: (Int) -> Boolean) {
    private val params: Array<Codec>
    private val result: Codec?
    private val hasResources: Boolean

    /** How it is called with a slot for each value, where that is possible. */
    val plain: PlainFunc?

    init {
        val codecs = Codecs(types, isGuests)
        val func = types.nodes[types.root.toInt()]
        val parts = func.parts.map { place -> place?.let { codecs[it.toInt()] } }
        params = parts.dropLast(1).map { checkNotNull(it) }.toTypedArray()
        result = parts.last()
        hasResources = codecs.hasResources
        plain = if (isPlain) PlainFunc.of(params, result) else null
    }

    /** Writes the arguments of a call. */
    fun writeArguments(to: Exchange, arguments: Array<out Any?>) {
        if (arguments.size != params.size) wrongCount("arguments", params.size, arguments.size)
        to.begin()
        for (index in params.indices) {
            within({ "argument ${index + 1}" }) { params[index].write(to, arguments[index]) }
        }
    }

    /** Reads the result of a call, which has left it with so many moves, and as a stream of that [length] if one is told. */
    fun readResult(from: Exchange, moves: Int, length: Int = 0): Any? {
        if (result == null) return null
        from.read(moves, length, hasResources)
        return result.read(from)
    }

    /** Reads the arguments of a host function. */
    fun readArguments(from: Exchange, moves: Int, length: Int): List<Any?> {
        from.read(moves, length, hasResources)
        return when (params.size) {
            0 -> emptyList()
            1 -> listOf(params[0].read(from))
            else -> arrayOfNulls<Any?>(params.size).also {
                for (index in it.indices) {
                    it[index] =
                        params[index].read(from)
                }
            }.asList()
        }
    }

    /** Writes the result of a host function. */
    fun writeResult(to: Exchange, value: Any?) {
        to.begin()
        // What a lambda ends with is dropped where the type has no result.
        if (result != null) within({ "result" }) { result.write(to, value) }
    }

    /** The arguments of a plain host function, of their slots. */
    fun plainArguments(a: Long, b: Long, c: Long, d: Long): List<Any?> =
        when (params.size) {
            0 -> emptyList()
            1 -> listOf(plainValue(0, a))
            2 -> listOf(plainValue(0, a), plainValue(1, b))
            3 -> listOf(plainValue(0, a), plainValue(1, b), plainValue(2, c))
            else -> listOf(plainValue(0, a), plainValue(1, b), plainValue(2, c), plainValue(3, d))
        }

    private fun plainValue(index: Int, slot: Long): Any = (params[index] as PlainCodec).value(slot)

    /** The slot of the result of a plain host function. */
    fun plainResult(value: Any?): Long =
        if (result == null) 0 else within({ "result" }) { (result as PlainCodec).slot(value) }
}

/** Makes codecs of a table of types, each once. */
private class Codecs(private val types: ComponentTypes, private val isGuests: (Int) -> Boolean) {
    private val made = arrayOfNulls<Codec>(types.nodes.size)

    /** Whether a type among them is one of resources, or of streams and futures. */
    var hasResources = false
        private set

    /** The codec of the type in that place. Types nest at most a hundred deep. */
    operator fun get(place: Int): Codec = made[place] ?: make(place).also { made[place] = it }

    private fun make(place: Int): Codec {
        val node = types.nodes[place]
        val parts = node.parts.map { part -> part?.let { it.toInt() } }
        val part = { index: Int -> get(checkNotNull(parts[index])) }
        val codecs = { parts.map { it?.let(::get) }.toTypedArray() }
        val wholes = { Array(parts.size) { part(it) } }
        return when (node.kind) {
            ComponentTypeKind.BOOL -> BoolCodec
            ComponentTypeKind.S8 -> S8Codec
            ComponentTypeKind.U8 -> U8Codec
            ComponentTypeKind.S16 -> S16Codec
            ComponentTypeKind.U16 -> U16Codec
            ComponentTypeKind.S32 -> S32Codec
            ComponentTypeKind.U32 -> U32Codec
            ComponentTypeKind.S64 -> S64Codec
            ComponentTypeKind.U64 -> U64Codec
            ComponentTypeKind.F32 -> F32Codec
            ComponentTypeKind.F64 -> F64Codec
            ComponentTypeKind.CHAR -> CharCodec
            ComponentTypeKind.STRING -> StringCodec
            ComponentTypeKind.LIST -> part(0).let { numbers(it) ?: ListCodec(it) }
            ComponentTypeKind.FIXED_LENGTH_LIST ->
                FixedLengthListCodec(part(0).let { numbers(it) ?: ListCodec(it) }, node.number)
            ComponentTypeKind.MAP -> MapCodec(part(0), part(1))
            ComponentTypeKind.RECORD -> RecordCodec(node.names, wholes())
            ComponentTypeKind.TUPLE -> TupleCodec(wholes())
            ComponentTypeKind.VARIANT -> VariantCodec(node.names, codecs())
            ComponentTypeKind.ENUM -> EnumCodec(node.names)
            ComponentTypeKind.OPTION -> OptionCodec(part(0))
            ComponentTypeKind.RESULT -> codecs().let { ResultCodec(it[0], it[1]) }
            ComponentTypeKind.FLAGS -> FlagsCodec(node.names)
            ComponentTypeKind.OWN, ComponentTypeKind.BORROW -> {
                hasResources = true
                ResourceCodec(node.kind, isGuests(types.nodes[checkNotNull(parts[0])].number.toInt()))
            }
            ComponentTypeKind.STREAM, ComponentTypeKind.FUTURE -> {
                hasResources = true
                StreamCodec(node.kind)
            }
            else -> UnsupportedCodec(node.names.firstOrNull() ?: node.kind.name.lowercase())
        }
    }
}
