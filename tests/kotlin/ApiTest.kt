package dev.trimaran.tests

import dev.trimaran.Engine
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.reflect.Executable
import java.lang.reflect.Member
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.nio.file.Path
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.nameWithoutExtension
import kotlin.reflect.KVisibility

/** What a user sees of the package, from Kotlin or Java. */
class ApiTest {
    private val output: Path = Path.of(Engine::class.java.protectionDomain.codeSource.location.toURI())

    private fun classes(folder: String): List<Class<*>> =
        output.resolve(folder).listDirectoryEntries("*.class").map {
            Class.forName("${folder.replace('/', '.')}.${it.nameWithoutExtension}")
        }

    /** Every public class of the package, with the nested ones. What an inlined lambda became has no name that can be written. */
    private val visible =
        listOf("dev/trimaran", "dev/trimaran/component").flatMap(::classes).filter {
            Modifier.isPublic(it.modifiers) && !it.isSynthetic && "\$\$inlined\$" !in it.name
        }

    private fun Member.isVisible() = !isSynthetic && (Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers))

    @Test
    fun `no signature mentions generated code`() {
        val signatures =
            visible.flatMap { type ->
                type.declaredMethods.filter { it.isVisible() }.map { it.toGenericString() } +
                    type.declaredConstructors.filter { it.isVisible() }.map { it.toGenericString() } +
                    type.declaredFields.filter { it.isVisible() }.map { it.toGenericString() } +
                    type.genericInterfaces.map { "$type: $it" } + "$type: ${type.genericSuperclass}"
            }
        assertTrue(signatures.size > 400, "${signatures.size} signatures")
        assertEquals(emptyList<String>(), signatures.filter { "internal.ffi" in it })
    }

    @Test
    fun `Java can name every method`() {
        val mangled = visible.flatMap { type -> type.declaredMethods.filter { it.isVisible() && '-' in it.name } }
        assertEquals(emptyList<Any>(), mangled)
    }

    /** What a program in Java calls, without what exists for the compiler of Kotlin alone. */
    private val called =
        visible.filter(::isPublicInKotlin).flatMap { type ->
            (type.declaredMethods.toList<Executable>() + type.declaredConstructors).filter { it.isVisible() }
        }

    @Test
    fun `Java makes no function of Kotlin`() {
        val taken = called.filter { method -> method.parameterTypes.any { "kotlin.jvm.functions" in it.name } }
        assertEquals(emptyList<Any>(), taken)
    }

    @Test
    fun `Java puts no number into a box`() {
        val boxed = called.filter { method ->
            method is Method && method.name != "copy" && BOX in method.parameterTypes
        }
        assertTrue(boxed.size > 15, "${boxed.size} methods")
        val alone =
            boxed.filter { method ->
                val plain = method.parameterTypes.map { if (it == BOX) Long::class.java else it }
                called.none { it.sameAs(method) && it.parameterTypes.asList() == plain }
            }
        assertEquals(emptyList<Any>(), alone)
    }

    private fun Executable.sameAs(other: Executable) = name == other.name && declaringClass == other.declaringClass

    /** Objects of which there is one, and interfaces that a program implements, have nothing to say of themselves. */
    @Test
    fun `each class says what an object of it is`() {
        val classes = visible.filter(::isPublicInKotlin).filter { type ->
            !type.isInterface && !Modifier.isAbstract(type.modifiers) && type.kotlin.objectInstance == null
        }
        assertTrue(classes.size > 60, "${classes.size} classes")
        val silent = classes.filter { it.getMethod("toString").declaringClass == Any::class.java }
        assertEquals(emptyList<Any>(), silent)
    }

    @Test
    fun `generated code is internal`() {
        val generated = classes("dev/trimaran/internal/ffi").filter(::isTopLevelClass)
        assertTrue(generated.size > 50, "${generated.size} classes")
        assertEquals(emptyList<Any>(), generated.filter { it.kotlin.visibility == KVisibility.PUBLIC })
    }

    /** No file of functions either. */
    private fun isPublicInKotlin(type: Class<*>) =
        type.getAnnotation(Metadata::class.java)?.kind == 1 && type.kotlin.visibility == KVisibility.PUBLIC

    /** A class of Kotlin that is in no other, and no file of functions. */
    private fun isTopLevelClass(type: Class<*>) =
        '$' !in type.name && type.getAnnotation(Metadata::class.java)?.kind == 1

    private companion object {
        val BOX: Class<*> = Long::class.javaObjectType
    }
}
