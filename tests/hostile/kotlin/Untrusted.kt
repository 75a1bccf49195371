import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.OutputPipe
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasmtimeException
import kotlin.time.Duration.Companion.seconds

private val engine = Engine(Config.untrusted())

/** Runs an untrusted WASI program for a second at most, and gives what it printed. */
fun runUntrusted(program: ByteArray): String {
    val output = OutputPipe(capacity = 64 * 1024)
    Store(engine).use { store ->
        store.setLimits(StoreLimits.untrusted())
        store.setTimeout(1.seconds)
        store.setWasi { stdout(output) }
        Linker(engine).use { linker ->
            linker.defineWasi()
            try {
                linker.instantiate(store, Module(engine, program)).func(store, "_start")(store)
            } catch (exit: WasmtimeException.Exit) {
                if (exit.status != 0) throw exit
            }
        }
    }
    return output.text()
}
