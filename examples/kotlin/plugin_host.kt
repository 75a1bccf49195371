// A plugin host in a few lines: plugin_host COMPONENT.

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.component.Component
import drawing.Drawing
import drawing.DrawingImports
import drawing.exports.shapes.Shape
import drawing.imports.log.Log
import java.nio.file.Path

private object PluginHost : DrawingImports {
    override val log =
        object : Log {
            override fun write(text: String) = println("the plugin says: $text")
        }
}

fun main(arguments: Array<String>) {
    val engine = Engine()
    val component = Component.fromFile(engine, Path.of(arguments[0]))
    Store(engine).use { store ->
        val drawing = Drawing.instantiate(store, component, PluginHost)
        println(drawing.shapes.area(Shape.Circle(10u)))
    }
}
