package dev.trimaran.tests

import dev.trimaran.Config
import dev.trimaran.Engine
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assumptions.abort
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.nio.file.Path
import kotlin.io.path.appendText
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** The official suite, a test for each file of it. `tests/spec/README.md` has the vocabulary. */
class SpecTest {
    private val folder = System.getenv("TRIMARAN_SPEC")?.let(Path::of) ?: root.resolve("target/spec")
    private val results = System.getenv("TRIMARAN_SPEC_RESULTS")?.let(Path::of)
    private val engineName = if (config().target == null) "native" else "interpreter"

    private val engine: Engine by lazy { engine { everything() } }

    /** The same, and guests use fuel: for what is observed. */
    private val fuelled: Engine by lazy {
        engine {
            everything()
            consumeFuel = true
        }
    }

    /** Every proposal at once. */
    private fun Config.everything() {
        wasmThreads = engineName == "native"
        wasmGc = true
        wasmFunctionReferences = true
        wasmExceptions = true
        wasmTailCall = true
        wasmMemory64 = true
        wasmMultiMemory = true
        wasmRelaxedSimd = true
        wasmCustomPageSizes = true
        wasmWideArithmetic = true
    }

    @TestFactory
    fun suite(): List<DynamicTest> {
        val index = folder.resolve("index.json")
        if (!index.exists()) {
            return listOf(dynamicTest("the official suite") { abort<Unit>("it is not here: tools/spec brings it") })
        }
        results?.writeText("")
        val all = read(root.resolve("tests/spec/skips.json")).jsonObject.getValue("skips").jsonArray
        val skips =
            all.map { it.jsonObject }.filter { (it["engine"]?.jsonPrimitive?.content ?: engineName) == engineName }
        return read(index).jsonArray.map { it.jsonObject.getValue("file").jsonPrimitive.content }.map { file ->
            dynamicTest(file) { run(file, skips.filter { it.getValue("file").jsonPrimitive.content == file }) }
        }
    }

    private fun run(file: String, skips: List<JsonObject>) {
        val all = read(folder.resolve("$file.json")).jsonObject.getValue("commands").jsonArray
        val commands = all.map { it.jsonObject }
        val lines = SpecScript(folder, engine, fuelled).use { script -> script.run(file, commands, skips) }
        results?.appendText(lines.joinToString("") { "${it.id}\t${it.outcome}\t${it.variant}\n" })
        val failed = lines.filter { it.outcome == "fail" }
        if (failed.isEmpty()) return
        val shown = failed.take(20).joinToString("\n") { "${it.id}: ${it.problem}" }
        throw AssertionError("${failed.size} of ${lines.size} failed\n$shown")
    }

    private fun read(file: Path): JsonElement = Json.parseToJsonElement(file.readText())
}
