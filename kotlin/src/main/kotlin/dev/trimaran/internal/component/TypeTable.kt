package dev.trimaran.internal.component

import dev.trimaran.component.BorrowType
import dev.trimaran.component.ComponentType
import dev.trimaran.component.DefinedType
import dev.trimaran.component.EnumType
import dev.trimaran.component.FixedLengthListType
import dev.trimaran.component.FlagsType
import dev.trimaran.component.FuncType
import dev.trimaran.component.FutureType
import dev.trimaran.component.InstanceType
import dev.trimaran.component.ItemType
import dev.trimaran.component.ListType
import dev.trimaran.component.MapType
import dev.trimaran.component.ModuleType
import dev.trimaran.component.OptionType
import dev.trimaran.component.OwnType
import dev.trimaran.component.PrimitiveType
import dev.trimaran.component.RecordType
import dev.trimaran.component.ResourceItem
import dev.trimaran.component.ResultType
import dev.trimaran.component.StreamType
import dev.trimaran.component.TupleType
import dev.trimaran.component.UnsupportedType
import dev.trimaran.component.ValueType
import dev.trimaran.component.VariantType
import dev.trimaran.core
import dev.trimaran.toPublic
import dev.trimaran.internal.ffi.ComponentTypeKind as Kind
import dev.trimaran.internal.ffi.ComponentTypeNode as Node
import dev.trimaran.internal.ffi.ComponentTypes as RawTypes
import dev.trimaran.internal.ffi.componentTypeText as rawText

/** The text of the type in that place of a table. */
internal class TypeText(private val types: List<Node>, private val place: Int) {
    override fun toString(): String = core { rawText(RawTypes(types, place.toUInt())) }
}

/** Makes the public types of a table, each once, as the table has them. */
internal class TypeTable(raw: RawTypes) {
    private val made = ArrayList<ItemType>(raw.nodes.size)

    /** The type that the table is about. */
    val root: ItemType

    init {
        // A type stands behind those that are its parts.
        raw.nodes.forEachIndexed { place, node ->
            val type = make(node)
            if (type is DefinedType) type.text = TypeText(raw.nodes, place)
            made.add(type)
        }
        root = made[raw.root.toInt()]
    }

    private fun make(node: Node): ItemType {
        val parts = node.parts.map { part -> part?.let { made[it.toInt()] } }
        val values = { parts.map { it as ValueType } }
        return when (node.kind) {
            Kind.LIST -> ListType(values().first())
            Kind.FIXED_LENGTH_LIST -> FixedLengthListType(values().first(), node.number.toLong())
            Kind.MAP -> MapType(values()[0], values()[1])
            Kind.RECORD -> RecordType(node.names.zip(values()).toMap())
            Kind.TUPLE -> TupleType(values())
            Kind.VARIANT -> VariantType(node.names.zip(parts.map { it as ValueType? }).toMap())
            Kind.ENUM -> EnumType(node.names)
            Kind.OPTION -> OptionType(values().first())
            Kind.RESULT -> ResultType(parts[0] as ValueType?, parts[1] as ValueType?)
            Kind.FLAGS -> FlagsType(node.names)
            Kind.OWN -> OwnType(parts.first() as ResourceItem)
            Kind.BORROW -> BorrowType(parts.first() as ResourceItem)
            Kind.STREAM -> StreamType(parts.first() as ValueType?)
            Kind.FUTURE -> FutureType(parts.first() as ValueType?)
            Kind.UNSUPPORTED -> UnsupportedType()
            Kind.FUNC -> {
                val params = parts.dropLast(1).map { it as ValueType }
                FuncType(node.names.zip(params).toMap(), parts.last() as ValueType?, node.number != 0u)
            }
            Kind.INSTANCE -> InstanceType(node.names.zip(parts.map { checkNotNull(it) }).toMap())
            Kind.COMPONENT ->
                ComponentType((parts[0] as InstanceType).exports, (parts[1] as InstanceType).exports)
            Kind.MODULE ->
                ModuleType(node.imports.map { it.toPublic() }, node.exports.map { it.toPublic() })
            Kind.RESOURCE -> ResourceItem(node.names.firstOrNull())
            else -> PrimitiveType.valueOf(node.kind.name)
        }
    }
}
