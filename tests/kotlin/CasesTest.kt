package dev.trimaran.tests

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assumptions.assumeFalse
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import org.opentest4j.TestAbortedException
import java.nio.file.Path
import kotlin.io.path.appendText
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.nameWithoutExtension
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** The cases that Kotlin cannot express, each with its reason. */
private val skipped =
    mapOf("limits/the most fuel" to "a Long cannot say that much")

/** The shared cases of `tests/cases`. Their README has the vocabulary. */
class CasesTest {
    private val results = System.getenv("TRIMARAN_CASE_RESULTS")?.let(Path::of)

    @TestFactory
    fun cases(): List<DynamicTest> {
        val tests = root.resolve("tests/cases").listDirectoryEntries("*.json").sorted().flatMap(::cases)
        val names = tests.map { it.displayName }
        check(names.distinct().size == names.size) { "an id is used twice" }
        check(names.containsAll(skipped.keys)) { "a case is skipped that is not there" }
        results?.writeText("")
        return tests
    }

    private fun cases(file: Path): List<DynamicTest> =
        Json.parseToJsonElement(file.readText()).jsonObject.getValue("cases").jsonArray.map {
            case(file.nameWithoutExtension, it.jsonObject)
        }

    private fun case(file: String, case: JsonObject): DynamicTest {
        val name = "$file/${case.getValue("id").jsonPrimitive.content}"
        val needs = case["needs"]?.jsonPrimitive?.content
        check(needs in setOf(null, "threads") && (case.keys - setOf("id", "needs", "steps")).isEmpty()) { name }
        return DynamicTest.dynamicTest(name) {
            World().use { world ->
                val outcome =
                    runCatching {
                        assumeFalse(name in skipped) { skipped[name] }
                        if (needs != null) needsThreads()
                        run(world, case.getValue("steps").jsonArray)
                    }
                note(name, outcome, world.variants)
                outcome.getOrThrow()
            }
        }
    }

    private fun run(world: World, steps: JsonArray): Unit =
        steps.forEachIndexed { index, step -> explain(index, step) { world.step(step) } }

    /** Writes down how a case ended, for the comparison of the languages. */
    private fun note(name: String, outcome: Result<Unit>, variants: List<String>) {
        val word =
            when (outcome.exceptionOrNull()) {
                null -> "pass"
                is TestAbortedException -> "skip"
                else -> "fail"
            }
        results?.appendText("$name\t$word\t${variants.joinToString(",")}\n")
    }

    private fun explain(index: Int, step: JsonElement, work: () -> Unit) {
        try {
            work()
        } catch (problem: Throwable) {
            throw AssertionError("step ${index + 1}, $step: ${problem.message}", problem)
        }
    }
}
