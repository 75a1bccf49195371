package dev.trimaran.tests

import dev.trimaran.Engine
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.invoke.MethodType
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readText

/** What the native library looks up by its name is named for GraalVM's native-image, and for R8 and ProGuard. */
class NativeMetadataTest {
    private val loader = Engine::class.java.classLoader

    private fun file(name: String): String =
        checkNotNull(loader.getResourceAsStream("META-INF/$name")) { "$name is not in the jar" }
            .use { it.readBytes().decodeToString() }

    private fun config(kind: String): JsonElement =
        Json.parseToJsonElement(file("native-image/dev.trimaran/trimaran/$kind-config.json"))

    private fun classes(kind: String): JsonArray = config(kind).jsonArray

    private fun JsonElement.text(key: String): String = jsonObject.getValue(key).jsonPrimitive.content

    /** The sources of the native side of the JVM, without the tables of what the classes get. */
    private val sources =
        Path.of(System.getProperty("trimaran.root"), "bindings/src/adapters").let { folder ->
            val files = folder.resolve("jni").listDirectoryEntries() + listOf(folder.resolve("jni.rs"))
            files.filter { it.extension == "rs" }.joinToString("\n") { it.readText() }
        }

    private val lookups = sources.replace(Regex("""\(\s*c"\w+",\s*c"[^"]*",\s*[\w:]+ as \*const c_void,?\s*\)"""), "")

    private fun literals(pattern: String): Set<String> =
        Regex("""c"($pattern)"""").findAll(lookups).map { it.groupValues[1] }.toSet()

    private val soughtClasses = literals("""\w+(?:/\w+)+""").map { it.replace('/', '.') }.toSet()
    private val soughtMethods = literals("""<init>|[a-z]\w*""").filter { !it.startsWith("trimaran_") }.toSet()
    private val soughtSignatures = literals("""\([^"]*\)[^"]+""")

    private fun type(name: String): Class<*> =
        when (name) {
            "int" -> Int::class.java
            "long" -> Long::class.java
            "long[]" -> LongArray::class.java
            "byte[]" -> ByteArray::class.java
            else -> Class.forName(name)
        }

    private data class Found(val owner: String, val name: String, val signature: String)

    /** The methods of the configuration, which have to exist. */
    private val configured =
        classes("jni").flatMap { entry ->
            val owner = Class.forName(entry.text("name"))
            entry.jsonObject["methods"]?.jsonArray.orEmpty().map { method ->
                val types = method.jsonObject.getValue("parameterTypes").jsonArray
                val params = types.map { type(it.jsonPrimitive.content) }
                val name = method.text("name")
                val result =
                    if (name == "<init>") {
                        owner.getDeclaredConstructor(*params.toTypedArray())
                        Void.TYPE
                    } else {
                        owner.getDeclaredMethod(name, *params.toTypedArray()).returnType
                    }
                Found(owner.name, name, MethodType.methodType(result, params).toMethodDescriptorString())
            }
        }

    @Test
    fun `native-image knows what the native library looks up`() {
        assertTrue(soughtClasses.size >= 3 && soughtMethods.size >= 10, "$soughtClasses $soughtMethods")
        val names = classes("jni").map { it.text("name") }
        assertEquals(emptySet<String>(), soughtClasses - names.toSet())
        assertEquals(soughtMethods, configured.map { it.name }.toSet())
        assertEquals(soughtSignatures, configured.map { it.signature }.toSet())
        // The classes whose native methods the library gives.
        val given = listOf("NativeByHand", "NativeImage", "ffi.Native").map { "dev.trimaran.internal.$it" }
        assertTrue(names.containsAll(given), "$names")
    }

    @Test
    fun `native-image takes the library along`() {
        val pattern =
            config("resource").jsonObject.getValue("resources").jsonObject.getValue("includes").jsonArray
                .single().text("pattern")
        val platforms = listOf("linux-x86-64", "linux-aarch64", "darwin-x86-64", "darwin-aarch64", "win32-x86-64")
        for (platform in platforms) {
            val file =
                when (platform.substringBefore('-')) {
                    "linux" -> "libtrimaran_ffi.so"
                    "darwin" -> "libtrimaran_ffi.dylib"
                    else -> "trimaran_ffi.dll"
                }
            assertTrue(Regex(pattern).matches("$platform/$file"), platform)
        }
        val library = System.mapLibraryName("trimaran_ffi")
        assertNotNull(platforms.firstNotNullOfOrNull { loader.getResource("$it/$library") })
    }

    @Test
    fun `what Kotlin looks up by reflection is named as well`() {
        val found = classes("reflect").map { it.text("name") to it.jsonObject.getValue("methods").jsonArray }
        assertEquals(listOf("java.lang.Thread"), found.map { it.first })
        assertEquals("isVirtual", found.single().second.single().text("name"))
    }

    @Test
    fun `R8 keeps the same`() {
        val rules = file("proguard/trimaran.pro").lines().filter { it.startsWith("-keep class dev.") }
        val kept = rules.associate { it.removePrefix("-keep class ").substringBefore(' ') to it.substringAfter('{') }
        val sought = configured.filter { it.owner.startsWith("dev.trimaran.") }
        assertEquals(sought.map { it.owner }.toSet(), kept.keys)
        for (method in sought) {
            val members = kept.getValue(method.owner)
            assertTrue(" *;" in members || "${method.name}(" in members, "$method: $members")
        }
    }
}
