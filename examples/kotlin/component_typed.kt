// Uses a component through generated classes: component_typed COMPONENT.
//
// The package `drawing` was made by: java -jar trimaran.jar bindgen kotlin examples/wit/drawing.wit -o examples/kotlin/drawing

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.component.Component
import drawing.Drawing
import drawing.DrawingImports
import drawing.exports.shapes.Line
import drawing.exports.shapes.Point
import drawing.exports.shapes.Problem
import drawing.exports.shapes.ProblemException
import drawing.exports.shapes.Shape
import drawing.imports.log.Log
import java.nio.file.Path

/** What the world imports. */
private object Host : DrawingImports {
    /** What the component tells its host. */
    override val log =
        object : Log {
            override fun write(text: String) = println("the component says: $text")
        }
}

private fun described(shape: Shape): String =
    when (shape) {
        is Shape.Circle -> "a circle of ${shape.value}"
        is Shape.Rectangle -> "a rectangle of ${shape.value.x} by ${shape.value.y}"
        Shape.Dot -> "a dot"
    }

fun main(arguments: Array<String>) {
    val engine = Engine()
    val component = Component.fromFile(engine, Path.of(arguments[0]))

    Store(engine).use { store ->
        val drawing = Drawing.instantiate(store, component, Host)

        for (shape in listOf(Shape.Circle(10u), Shape.Rectangle(Point(4, 5)), Shape.Dot, Shape.Circle(5000u))) {
            try {
                println("${described(shape)} has an area of ${drawing.shapes.area(shape)}")
            } catch (error: ProblemException) {
                val reason = if (error.value == Problem.TOO_LARGE) "too large" else "empty"
                println("${described(shape)} is $reason")
            }
        }

        Line(drawing.shapes, Point(1, 1)).use { line ->
            println("the line is ${line.extend(Point(1, 4))} long, then ${line.extend(Point(-3, 4))}")
            val end = line.end()
            println("it ends at ${end.x}, ${end.y}")
        }
    }
}
