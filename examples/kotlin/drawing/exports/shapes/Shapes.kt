// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     java -jar trimaran.jar bindgen kotlin examples/wit/drawing.wit -o examples/kotlin/drawing
@file:OptIn(GeneratedBindings::class)

package drawing.exports.shapes

import dev.trimaran.component.GuestResource
import dev.trimaran.component.Resource
import dev.trimaran.component.ResultException
import dev.trimaran.component.bindings.BoundFunction
import dev.trimaran.component.bindings.BoundInstance
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.ValueReader
import dev.trimaran.component.bindings.ValueWriter
import dev.trimaran.component.bindings.WitType

/**
 * The interface `example:drawing/shapes@1.0.0`, which the component exports.
 *
 * Shapes, and lines through points.
 */
public class Shapes internal constructor(instance: BoundInstance) {
    internal val functions: ShapesFunctions = ShapesFunctions(instance.at("example:drawing/shapes@1.0.0"))

    /**
     * The area of a shape. A circle has 3 times the square of its radius.
     *
     * Fails with [ProblemException].
     */
    public fun area(shape: Shape): UInt =
        functions.area.call(
            { writer -> ShapeCodec.write(writer, shape) },
            { reader -> reader.orThrow({ reader.u32() }, { ProblemException(ProblemCodec.read(reader)) }) },
        )
}

/** The functions of an instance. */
internal class ShapesFunctions(instance: BoundInstance) {
    val area: BoundFunction =
        instance.func("area", WitType.result(WitType.U32, ProblemCodec.type), "shape" to ShapeCodec.type)
    val newLine: BoundFunction = instance.func("[constructor]line", WitType.OWN, "start" to PointCodec.type)
    val lineExtend: BoundFunction =
        instance.func("[method]line.extend", WitType.U32, "self" to WitType.BORROW, "to" to PointCodec.type)
    val lineEnd: BoundFunction = instance.func("[method]line.end", PointCodec.type, "self" to WitType.BORROW)
}

/** A place on the sheet. */
public data class Point(
    /** The field `x`. */
    public val x: Int,
    /** The field `y`. */
    public val y: Int,
)

internal object PointCodec {
    val type: WitType = WitType.record("x" to WitType.S32, "y" to WitType.S32)

    fun write(writer: ValueWriter, value: Point) {
        writer.s32(value.x)
        writer.s32(value.y)
    }

    fun read(reader: ValueReader): Point = Point(reader.s32(), reader.s32())
}

/** What can be drawn. */
public sealed interface Shape {
    /** It has no area. */
    public data object Dot : Shape

    /** A circle, by its radius. */
    public data class Circle(
        /** What it carries. */
        public val value: UInt,
    ) : Shape

    /** A rectangle, by the corner that lies across from 0, 0. */
    public data class Rectangle(
        /** What it carries. */
        public val value: Point,
    ) : Shape
}

internal object ShapeCodec {
    val type: WitType = WitType.variant("dot" to null, "circle" to WitType.U32, "rectangle" to PointCodec.type)

    fun write(writer: ValueWriter, value: Shape) {
        when (value) {
            is Shape.Dot -> writer.tag(0)
            is Shape.Circle -> {
                writer.tag(1)
                writer.u32(value.value)
            }
            is Shape.Rectangle -> {
                writer.tag(2)
                PointCodec.write(writer, value.value)
            }
        }
    }

    fun read(reader: ValueReader): Shape =
        when (reader.tag()) {
            0 -> Shape.Dot
            1 -> Shape.Circle(reader.u32())
            2 -> Shape.Rectangle(PointCodec.read(reader))
            else -> reader.noCase()
        }
}

/** Why a shape has no area. */
public enum class Problem {
    /** The case `empty`. */
    EMPTY,

    /** The case `too-large`. */
    TOO_LARGE,
}

internal object ProblemCodec {
    val type: WitType = WitType.enumeration("empty", "too-large")

    fun write(writer: ValueWriter, value: Problem) {
        writer.tag(value.ordinal)
    }

    fun read(reader: ValueReader): Problem = Problem.entries[reader.tag()]
}

/** A function failed with this `Problem`. */
public class ProblemException(
    /** What it failed with. */
    override val value: Problem,
) : ResultException(value)

/** A line from point to point. */
public class Line internal constructor(resource: Resource, private val api: Shapes) : GuestResource(resource) {
    /** Begins at a point. */
    public constructor(api: Shapes, start: Point) : this(
        api.functions.newLine.call({ writer -> PointCodec.write(writer, start) }, { reader -> reader.resource() }),
        api,
    )

    /** Goes on to a point, and gives the length so far: as the steps of the two axes. */
    public fun extend(to: Point): UInt =
        api.functions.lineExtend.call(
            { writer ->
                writer.borrow(this)
                PointCodec.write(writer, to)
            },
            { reader -> reader.u32() },
        )

    /** Where the line ends so far. */
    public fun end(): Point =
        api.functions.lineEnd.call({ writer -> writer.borrow(this) }, { reader -> PointCodec.read(reader) })
}
