// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     java -jar trimaran.jar bindgen kotlin examples/wit/drawing.wit -o examples/kotlin/drawing
@file:OptIn(GeneratedBindings::class)

package drawing.imports.log

import dev.trimaran.component.Linker
import dev.trimaran.component.bindings.GeneratedBindings
import dev.trimaran.component.bindings.HostInstance
import dev.trimaran.component.bindings.WitType

/**
 * The interface `example:drawing/log@1.0.0`, which the host implements.
 *
 * What the component tells its host.
 */
public interface Log {
    /** Takes a line of text. */
    public fun write(text: String)
}

internal fun defineLog(linker: Linker, host: Log) {
    val instance = HostInstance(linker, "example:drawing/log@1.0.0")
    instance.func("write", null, "text" to WitType.STRING) { reader, _ ->
        host.write(reader.string())
    }
}
