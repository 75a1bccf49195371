package dev.trimaran.component

import dev.trimaran.ExportType
import dev.trimaran.ImportType
import dev.trimaran.internal.component.SameTypes
import dev.trimaran.internal.component.TypeText
import dev.trimaran.internal.component.hashOf

/** What a component imports or exports is. As a text, it is in the notation of WIT, or its first KiB. */
public sealed interface ItemType

/** The type of a value. */
public sealed interface ValueType : ItemType

/** A type that has no parts. Its [name] is that of WIT. */
public enum class PrimitiveType(private val text: String) : ValueType {
    /** A truth value. */
    BOOL("bool"),

    /** A signed integer of 8 bits. */
    S8("s8"),

    /** An unsigned integer of 8 bits. */
    U8("u8"),

    /** A signed integer of 16 bits. */
    S16("s16"),

    /** An unsigned integer of 16 bits. */
    U16("u16"),

    /** A signed integer of 32 bits. */
    S32("s32"),

    /** An unsigned integer of 32 bits. */
    U32("u32"),

    /** A signed integer of 64 bits. */
    S64("s64"),

    /** An unsigned integer of 64 bits. */
    U64("u64"),

    /** A float of 32 bits. */
    F32("f32"),

    /** A float of 64 bits. */
    F64("f64"),

    /** A character of Unicode. */
    CHAR("char"),

    /** A text. */
    STRING("string"),
    ;

    /** The type, as in WIT. */
    override fun toString(): String = text
}

/**
 * A type that a component has, or makes of others. Two are equal where their kinds, their names and their parts are,
 * also those of two components. Resources are told apart by their names alone here: [ResourceType] knows them.
 */
public sealed class DefinedType : ItemType {
    /** What says it as a text. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    internal var text: TypeText? = null

    /** Whether both are the same type. */
    final override fun equals(other: Any?): Boolean = other is DefinedType && SameTypes().are(this, other)

    /** Agrees with [equals]. */
    final override fun hashCode(): Int = hashOf(this)

    /** The type, as in WIT. */
    final override fun toString(): String = text.toString()
}

/**
 * The type of a component.
 *
 * @property imports What it imports, by name, in its order.
 * @property exports What it exports, by name, in its order.
 */
public class ComponentType internal constructor(
    public val imports: Map<String, ItemType>,
    public val exports: Map<String, ItemType>,
) : DefinedType()

/**
 * The type of an instance.
 *
 * @property exports What it exports, by name, in its order.
 */
public class InstanceType internal constructor(public val exports: Map<String, ItemType>) : DefinedType()

/**
 * The type of a module.
 *
 * @property imports What it imports.
 * @property exports What it exports.
 */
public class ModuleType internal constructor(
    public val imports: List<ImportType>,
    public val exports: List<ExportType>,
) : DefinedType()

/**
 * The type of a function.
 *
 * @property params The types of its parameters, by name, in their order.
 * @property result The type of its result; null where it has none.
 * @property isAsync Whether it is async by its type: it may wait.
 */
public class FuncType internal constructor(
    public val params: Map<String, ValueType>,
    public val result: ValueType?,
    public val isAsync: Boolean,
) : DefinedType()

/**
 * A resource, as a component has it.
 *
 * @property name The name by which it is imported or exported; null where it has none.
 */
public class ResourceItem internal constructor(public val name: String?) : DefinedType()

/**
 * The type of a list.
 *
 * @property element The type of its elements.
 */
public class ListType internal constructor(public val element: ValueType) :
    DefinedType(),
    ValueType

/**
 * The type of a list of a fixed length.
 *
 * @property element The type of its elements.
 * @property length How many elements its values have.
 */
public class FixedLengthListType internal constructor(public val element: ValueType, public val length: Long) :
    DefinedType(),
    ValueType

/**
 * The type of a map, whose values are a [Map] of Kotlin's, in the order of its entries.
 *
 * @property key The type of its keys.
 * @property value The type of its values.
 */
public class MapType internal constructor(public val key: ValueType, public val value: ValueType) :
    DefinedType(),
    ValueType

/**
 * The type of a record.
 *
 * @property fields The types of its fields, by name, in their order.
 */
public class RecordType internal constructor(public val fields: Map<String, ValueType>) :
    DefinedType(),
    ValueType

/**
 * The type of a tuple.
 *
 * @property items The types of its items.
 */
public class TupleType internal constructor(public val items: List<ValueType>) :
    DefinedType(),
    ValueType

/**
 * The type of a variant.
 *
 * @property cases The types of what its cases carry, by name, in their order; null where one carries nothing.
 */
public class VariantType internal constructor(public val cases: Map<String, ValueType?>) :
    DefinedType(),
    ValueType

/**
 * The type of an enumeration.
 *
 * @property names The names of its cases.
 */
public class EnumType internal constructor(public val names: List<String>) :
    DefinedType(),
    ValueType

/**
 * The type of an option.
 *
 * @property value The type of its value.
 */
public class OptionType internal constructor(public val value: ValueType) :
    DefinedType(),
    ValueType

/**
 * The type of a result.
 *
 * @property ok The type of what a success gives; null where that is nothing.
 * @property error The type of what a failure says; null where that is nothing.
 */
public class ResultType internal constructor(public val ok: ValueType?, public val error: ValueType?) :
    DefinedType(),
    ValueType

/**
 * The type of flags.
 *
 * @property names Their names.
 */
public class FlagsType internal constructor(public val names: List<String>) :
    DefinedType(),
    ValueType

/**
 * The type of a handle that owns a resource.
 *
 * @property resource The resource.
 */
public class OwnType internal constructor(public val resource: ResourceItem) :
    DefinedType(),
    ValueType

/**
 * The type of a handle that is lent for one call.
 *
 * @property resource The resource.
 */
public class BorrowType internal constructor(public val resource: ResourceItem) :
    DefinedType(),
    ValueType

/**
 * The type of a stream.
 *
 * @property payload The type of its elements; null where they have none.
 */
public class StreamType internal constructor(public val payload: ValueType?) :
    DefinedType(),
    ValueType

/**
 * The type of a future.
 *
 * @property payload The type of its value; null where it has none.
 */
public class FutureType internal constructor(public val payload: ValueType?) :
    DefinedType(),
    ValueType

/** A type whose values cannot be passed yet: an error context. */
public class UnsupportedType internal constructor() :
    DefinedType(),
    ValueType
