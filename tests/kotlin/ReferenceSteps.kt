package dev.trimaran.tests

import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.HeapType
import dev.trimaran.RefType
import dev.trimaran.Reference
import dev.trimaran.Store
import dev.trimaran.Tag
import dev.trimaran.TagType
import dev.trimaran.Val
import dev.trimaran.ValType
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** Steps about references and tags. */
class ReferenceSteps(private val world: World) {
    private val Step.store: Store get() = world.named(this, "store")
    private val Step.reference: Reference get() = world.named(this, "reference")

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "tag" to { step -> Kept(Tag(step.store, TagType(FuncType(types(step), listOf())))) },
            "tag_type" to { step -> world.named<Tag>(step, "tag").type(step.store).toString() },
            "keep" to { step -> Kept(kept(step)) },
            "i31" to { step -> Kept(Reference.ofI31(step.store, step.long("value").toInt())) },
            "ref_i31" to { step -> step.reference.i31(step.store) },
            "ref_type" to { step -> step.reference.type(step.store).toString() },
            "ref_matches" to { step -> step.reference.matches(step.store, RefType(heapType(step.text("type")))) },
            "ref_fields" to ::fields,
            "ref_field_count" to { step -> step.reference.fieldCount(step.store) },
            "ref_same" to { step -> step.reference.same(step.store, world.named(step, "other")) },
            "ref_tag_type" to { step -> step.reference.tag(step.store)?.type(step.store)?.toString() },
        )

    private fun fields(step: Step): List<Val> {
        val length = step.optional("length") ?: return step.reference.fields(step.store)
        val start = step.long("start")
        return step.reference.fields(step.store, start..<start + length.jsonPrimitive.long)
    }

    private fun types(step: Step): List<ValType> =
        step.value("params").jsonArray.map { toValType(it.jsonPrimitive.content) }

    private fun kept(step: Step): Any {
        val arguments = step.value("args").jsonArray.map(world::value)
        val results = world.named<Func>(step, "func").call(step.store, arguments)
        return results.singleOrNull()?.unwrap() ?: throw Problem("it gave $results, and no reference")
    }
}

/** A heap type by its name. */
fun heapType(name: String): HeapType =
    when (name) {
        "extern" -> HeapType.Extern
        "noextern" -> HeapType.NoExtern
        "func" -> HeapType.Func
        "nofunc" -> HeapType.NoFunc
        "any" -> HeapType.Any
        "eq" -> HeapType.Eq
        "i31" -> HeapType.I31
        "struct" -> HeapType.Struct
        "array" -> HeapType.Array
        "none" -> HeapType.None
        "exn" -> HeapType.Exn
        "noexn" -> HeapType.NoExn
        else -> throw Problem("unknown heap type `$name`")
    }
