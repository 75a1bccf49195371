package dev.trimaran.tests

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory
import java.nio.file.Path
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.createTempDirectory
import kotlin.io.path.deleteRecursively
import kotlin.io.path.exists
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readText

/** Real programs: `tests/programs`. Their README has the vocabulary. */
class RealProgramsTest {
    @TestFactory
    fun programs(): List<DynamicTest> {
        val all = Json.parseToJsonElement(root.resolve("tests/programs/programs.json").readText()).jsonObject
        return all.getValue("cases").jsonArray.map { it.jsonObject }.map { case ->
            val program = case.getValue("program").jsonPrimitive.content
            val told = all.getValue("programs").jsonObject.getValue(program).jsonObject
            DynamicTest.dynamicTest(case.getValue("id").jsonPrimitive.content) { run(told, case) }
        }
    }

    @OptIn(ExperimentalPathApi::class)
    private fun run(told: JsonObject, case: JsonObject) {
        val file = programs.resolve(told.getValue("file").jsonPrimitive.content)
        assumeTrue(file.exists()) { "$file is not there: tests/programs/fetch brings it" }
        val folder = createTempDirectory("trimaran")
        try {
            Program(told, case, folder).use { program ->
                program.run(case.getValue("steps").jsonArray)
                assertEquals(case.getValue("expect"), outcome(program, folder))
            }
        } finally {
            folder.deleteRecursively()
        }
    }

    /** What there is, without what is empty. */
    private fun outcome(program: Program, folder: Path): JsonElement {
        val inMemory = program.inMemory?.files().orEmpty().mapValues { JsonPrimitive(it.value.decodeToString()) }
        val files = folder.listDirectoryEntries().associate { it.name to JsonPrimitive(it.readText()) } + inMemory
        val found =
            mapOf(
                "log" to JsonArray(program.log.map(::JsonPrimitive)),
                "stdout" to JsonPrimitive(program.stdout.text()),
                "stderr" to JsonPrimitive(program.stderr.text()),
                "files" to JsonObject(files),
            )
        val empty = setOf(JsonArray(listOf()), JsonPrimitive(""), JsonObject(mapOf()))
        return JsonObject(found.filterValues { it !in empty })
    }
}
