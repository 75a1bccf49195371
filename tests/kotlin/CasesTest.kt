package dev.trimaran.tests

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assumptions.assumeFalse
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows
import org.opentest4j.TestAbortedException
import java.nio.file.Path
import kotlin.io.path.appendText
import kotlin.io.path.exists
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
        val tests = listOf("", "component/").flatMap(::cases)
        val names = tests.map { it.displayName }
        check(names.distinct().size == names.size) { "an id is used twice" }
        check(names.containsAll(skipped.keys)) { "a case is skipped that is not there" }
        results?.writeText("")
        return tests
    }

    /** Those of a folder, whose name begins the names of the cases in it. */
    private fun cases(folder: String): List<DynamicTest> =
        root.resolve("tests/cases/$folder").listDirectoryEntries("*.json").sorted().flatMap { cases(folder, it) }

    private fun cases(folder: String, path: Path): List<DynamicTest> {
        val file = Json.parseToJsonElement(path.readText()).jsonObject
        check((file.keys - setOf("given", "cases")).isEmpty()) { "$path has a field that nobody knows" }
        return file.getValue("cases").jsonArray.map { case(folder + path.nameWithoutExtension, file, it.jsonObject) }
    }

    private fun case(stem: String, file: JsonObject, case: JsonObject): DynamicTest {
        val name = "$stem/${case.getValue("id").jsonPrimitive.content}"
        val needs = case["needs"]?.jsonPrimitive?.content
        val known = setOf("id", "needs", "given", "steps")
        check((case.keys - known).isEmpty()) { name }
        return DynamicTest.dynamicTest(name) {
            World().use { world ->
                val outcome =
                    runCatching {
                        assumeFalse(name in skipped) { skipped[name] }
                        if (needs != null) need(needs)
                        run(world, steps(file, case))
                    }
                note(name, outcome, world.variants)
                outcome.getOrThrow()
            }
        }
    }

    /** Skips a case where what it needs is not there. */
    private fun need(what: String): Unit =
        what.split(' ').let { words ->
            when {
                words == listOf("threads") -> needsThreads()
                words == listOf("async") -> Unit
                words.size == 2 && words[0] == "program" ->
                    assumeTrue(programs.resolve(words[1]).exists()) { "tests/programs/fetch brings ${words[1]}" }
                else -> throw Problem("unknown need `$what`")
            }
        }

    /** The steps of a case: those of each prelude that it names, one prelude after the other, then its own. */
    private fun steps(file: JsonObject, case: JsonObject): List<JsonElement> {
        val preludes = file["given"]?.jsonObject.orEmpty()
        val given =
            case["given"]?.jsonArray.orEmpty().map {
                val name = it.jsonPrimitive.content
                preludes[name]?.jsonArray ?: throw Problem("there is no prelude `$name`")
            }
        return given.flatten() + case.getValue("steps").jsonArray
    }

    @Test
    fun `a prelude comes first, and has to be there`() {
        fun parsed(text: String) = Json.parseToJsonElement(text).jsonObject
        val file = parsed("""{"given": {"a": [1, 2], "b": [3]}}""")
        val found = steps(file, parsed("""{"given": ["b", "a"], "steps": [4]}"""))
        assertEquals(listOf("3", "1", "2", "4"), found.map { it.toString() })
        val problem = assertThrows<Problem> { steps(file, parsed("""{"given": ["a", "c"], "steps": []}""")) }
        assertEquals("there is no prelude `c`", problem.message)
    }

    private fun run(world: World, steps: List<JsonElement>): Unit =
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
