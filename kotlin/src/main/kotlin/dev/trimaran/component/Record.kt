package dev.trimaran.component

import dev.trimaran.WasmtimeException
import dev.trimaran.whole
import java.io.InvalidObjectException
import java.io.ObjectInputStream
import java.io.Serializable

/**
 * A value of a record type: fields in their order, each under its name. It is a map that nobody can change.
 *
 * ```kotlin
 * val point = Record("x" to 1u, "y" to 2u)
 * val x = point["x"]
 * ```
 *
 * Two records are equal when their fields are, whatever their order: as maps are.
 */
public class Record private constructor(
    @get:JvmSynthetic internal val shape: Shape,
    @get:JvmSynthetic internal val all: Array<Any?>,
) : AbstractMap<String, Any?>(),
    Serializable {
    /** Makes a record of these fields. Fails with `Type` where a name comes twice. */
    public constructor(vararg fields: Pair<String, Any?>) :
        this(Shape.of(names(fields)), Array(fields.size) { fields[it].second })

    /** Makes a record of the entries of a map, in its order. */
    public constructor(fields: Map<String, *>) : this(*fields.map { it.key to it.value }.toTypedArray())

    /** The names with their values, in the order of the type. */
    override val entries: Set<Map.Entry<String, Any?>> by lazy(LazyThreadSafetyMode.PUBLICATION) {
        names.indices.associateTo(LinkedHashMap()) { names[it] to all[it] }.entries
    }

    /** The names of the fields, in their order. */
    public val names: List<String>
        get() = shape.names

    /** How many fields there are. */
    override val size: Int
        get() = all.size

    /** Whether there is a field named [key]. */
    override fun containsKey(key: String): Boolean = key in shape.places

    /** The value of that field; null where there is none, where [getValue] fails. */
    override fun get(key: String): Any? = shape.places[key]?.let { all[it] }

    /** The value of that field. Fails with `NotFound` where there is none. */
    public fun getValue(name: String): Any? = all[shape.places[name] ?: missing(name)]

    /** The fields, as in `{x=1, y=2}`. */
    override fun toString(): String = names.indices.joinToString(", ", "{", "}") { "${names[it]}=${all[it]}" }

    private fun writeReplace(): Any = Written(names.toTypedArray(), all)

    private fun readObject(@Suppress("UNUSED_PARAMETER") input: ObjectInputStream): Unit =
        throw InvalidObjectException("a record is read as its names and values")

    /** What is written for a record. */
    private class Written(private val names: Array<String>, private val values: Array<Any?>) : Serializable {
        private fun readResolve(): Any = Record(*Array(names.size) { names[it] to values[it] })

        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    private fun missing(name: String): Nothing {
        val reason = "there is no field `$name`: the fields are ${names.joinToString { "`$it`" }}"
        throw WasmtimeException.NotFound(name, reason)
    }

    /** The names of a record's fields, which all records of a type share. */
    internal class Shape private constructor(val names: List<String>) {
        val places: Map<String, Int> = names.withIndex().associate { (index, name) -> name to index }

        companion object {
            fun of(names: List<String>): Shape =
                Shape(names).apply {
                    if (places.size < names.size) {
                        throw WasmtimeException.Type(
                            "a field comes twice: the fields are ${names.joinToString {
                                "`$it`"
                            }}",
                        )
                    }
                }
        }
    }

    internal companion object {
        private const val serialVersionUID = 1L

        /** Of a program of Java's, a field or its name may be null. */
        private fun names(fields: Array<out Pair<String, Any?>>): List<String> =
            fields.asList().whole("field").map { it.first }.whole("the name of field")

        @JvmSynthetic
        internal fun of(shape: Shape, values: Array<Any?>): Record = Record(shape, values)
    }
}
