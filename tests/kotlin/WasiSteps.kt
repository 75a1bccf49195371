package dev.trimaran.tests

import dev.trimaran.HttpException
import dev.trimaran.HttpHandler
import dev.trimaran.HttpHeader
import dev.trimaran.HttpResponse
import dev.trimaran.MemoryDirectory
import dev.trimaran.OutputPipe
import dev.trimaran.Store
import dev.trimaran.WasiConfig
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.ByteArrayOutputStream
import java.nio.file.Path
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.createTempDirectory
import kotlin.io.path.deleteRecursively
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** Steps about WASI, and the directories that they make. */
class WasiSteps(private val world: World) : AutoCloseable {
    private val directories = mutableListOf<Path>()

    private val Step.directory: Path get() = world.named(this, "directory")

    private val Step.folder: MemoryDirectory get() = world.named(this, "folder")

    private fun folder(step: Step): MemoryDirectory {
        val pairs = step.value("files").jsonArray.map { it.jsonArray.map(::text) }
        val files = pairs.associate { (name, text) -> name to text.toByteArray() }
        val (bytes, count) = listOf("max_bytes", "max_files").map { step.optional(it)?.let(::number) }
        return MemoryDirectory(files, bytes, count)
    }

    private fun number(element: JsonElement) = text(element).toLong()

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "set_wasi" to { step -> set(step, world.named(step, "store")) },
            "output" to { step -> output(world.get(step.text("pipe"))) },
            "directory" to { _ -> Kept(createTempDirectory("trimaran").also(directories::add)) },
            "folder" to { step -> Kept(folder(step)) },
            "folder_files" to { step -> step.folder.files().map { listOf(it.key, it.value.decodeToString()) } },
            "folder_names" to { step -> step.folder.names() },
            "folder_read" to { step -> step.folder.read(step.text("name")).decodeToString() },
            "folder_write" to { step -> step.folder.write(step.text("name"), step.text("text").toByteArray()) },
            "folder_remove" to { step -> step.folder.remove(step.text("name")) },
            "put_file" to { step -> step.directory.resolve(step.text("name")).writeText(step.text("text")) },
            "get_file" to { step -> step.directory.resolve(step.text("name")).readText() },
        )

    private fun set(step: Step, store: Store) =
        store.setWasi { step.value("config").jsonObject.forEach { (name, value) -> set(this, name, value) } }

    private fun set(config: WasiConfig, name: String, value: JsonElement) {
        val text by lazy { value.jsonPrimitive.content }
        val texts by lazy { value.jsonArray.map { it.jsonPrimitive.content } }
        when (name) {
            "argv" -> config.argv(texts)
            "env" -> for (pair in value.jsonArray) pair.jsonArray.let { config.env(text(it[0]), text(it[1])) }
            "stdin" -> config.stdin(text)
            "stdin_file" -> config.stdinFile(text)
            "stdout" -> config.stdout(OutputPipe().also { world.keep(text, it) })
            "stderr" -> config.stderr(OutputPipe().also { world.keep(text, it) })
            "stdout_limited" -> config.stdout(OutputPipe(texts[1].toLong()).also { world.keep(texts[0], it) })
            "stdout_sink" -> config.stdout(ByteArrayOutputStream().also { world.keep(text, it) }::writeBytes)
            "stdout_throws" -> config.stdout { throw world.thrown(text) }
            "preopens" ->
                for (preopen in value.jsonArray.map { it.jsonArray }) {
                    val directory = world.get(text(preopen[0])) as Path
                    val quota = preopen.drop(3).map(::number)
                    if (quota.isEmpty()) {
                        config.preopen(directory, text(preopen[1]), preopen[2].jsonPrimitive.boolean)
                    } else {
                        config.preopenWithQuota(directory, text(preopen[1]), quota[0], quota.getOrNull(1))
                    }
                }
            "memory_preopens" ->
                for (preopen in value.jsonArray.map { it.jsonArray }) {
                    val folder = world.get(text(preopen[0])) as MemoryDirectory
                    config.preopen(folder, text(preopen[1]), preopen[2].jsonPrimitive.boolean)
                }
            "http" -> config.http(answers(value.jsonArray))
            "max_http_body" -> config.maxHttpBody = text.toLong()
            "max_transfer" -> config.maxTransfer = text.toLong()
            "clock" -> config.clock(texts[0].toLong(), texts[1].toLong())
            "random_seed" -> config.randomSeed = text.toULong().toLong()
            else -> throw Problem("unknown part of WASI `$name`")
        }
    }

    private fun answers(parts: JsonArray) =
        HttpHandler { request ->
            when (text(parts[0])) {
                "describe" -> {
                    val body = request.readAll().decodeToString()
                    HttpResponse(200, emptyList(), "${request.method} ${request.url} $body")
                }
                "give" -> {
                    val headers = parts[2].jsonArray.map { HttpHeader(text(it.jsonArray[0]), text(it.jsonArray[1])) }
                    HttpResponse(parts[1].jsonPrimitive.int, headers, text(parts[3]))
                }
                "fail" -> throw HttpException(text(parts[1]), parts[2].jsonPrimitive.contentOrNull)
                else -> throw world.thrown(text(parts[1]))
            }
        }

    private fun text(element: JsonElement) = element.jsonPrimitive.content

    private fun output(pipe: Any): String =
        when (pipe) {
            is OutputPipe -> pipe.text()
            is ByteArrayOutputStream -> pipe.toString(Charsets.UTF_8)
            else -> throw Problem("it is no output")
        }

    @OptIn(ExperimentalPathApi::class)
    override fun close() = directories.forEach { it.deleteRecursively() }
}
