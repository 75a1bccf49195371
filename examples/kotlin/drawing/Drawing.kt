// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     java -jar trimaran.jar bindgen kotlin examples/wit/drawing.wit -o examples/kotlin/drawing
@file:OptIn(GeneratedBindings::class)

package drawing

import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Instance
import dev.trimaran.component.Linker
import dev.trimaran.component.bindings.BoundInstance
import dev.trimaran.component.bindings.GeneratedBindings
import drawing.exports.shapes.Shapes
import drawing.imports.log.Log
import drawing.imports.log.defineLog

/** What the world `example:drawing/drawing@1.0.0` imports, and the host implements. */
public interface DrawingImports {
    /** The interface `example:drawing/log@1.0.0`, which the host implements. */
    public val log: Log
}

/**
 * The world `example:drawing/drawing@1.0.0`.
 *
 * A component that knows shapes.
 */
public class Drawing private constructor(instance: BoundInstance) {
    /** The interface `example:drawing/shapes@1.0.0`, which the component exports. */
    public val shapes: Shapes = Shapes(instance)

    init {
        instance.home = this
    }

    /** Takes an instance of the component, whose types are checked. */
    public constructor(store: Store, instance: Instance) : this(BoundInstance(store, instance))

    /** How an instance is made. */
    public companion object {
        /** Defines what the world imports in a linker. */
        @JvmStatic
        public fun define(linker: Linker, imports: DrawingImports) {
            defineLog(linker, imports.log)
        }

        /** Makes an instance of the component in a store. */
        @JvmStatic
        public fun instantiate(store: Store, component: Component, imports: DrawingImports): Drawing =
            Linker(component.engine).use { linker ->
                define(linker, imports)
                Drawing(store, linker.instantiate(store, component))
            }
    }
}
