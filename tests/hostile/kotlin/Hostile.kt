import dev.trimaran.Caller
import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Extern
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.Global
import dev.trimaran.HostFunction
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Memory
import dev.trimaran.Module
import dev.trimaran.MemoryDirectory
import dev.trimaran.OutputPipe
import dev.trimaran.Reference
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.Table
import dev.trimaran.Val
import dev.trimaran.ValType
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import java.io.File
import java.net.URLDecoder
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap
import kotlin.system.exitProcess

/** Runs the steps of one hostile case in Kotlin. `README.md` has the vocabulary; the other languages have the same. */
fun main() {
    // What comes behind a line with a dot is the guests'.
    run(parse(System.`in`.bufferedReader().lineSequence().takeWhile { it != "." }.toList()))
    behind.forEach(Thread::join)
    println("end")
}

/** A line, and the lines inside it. */
class Step(val number: Int, val words: List<String>) {
    val inside = mutableListOf<Step>()
    val rest: List<String> get() = words.drop(1)

    operator fun get(place: Int): String = words[place]

    fun number(place: Int): Long = words[place].toLong()
}

/** The steps of a case. `end` closes a block. */
fun parse(lines: List<String>): List<Step> {
    val blocks = mutableListOf(mutableListOf<Step>())
    lines.forEachIndexed { index, line ->
        val words = line.split(' ').filter { it.isNotBlank() }
        when (words.firstOrNull()) {
            null -> Unit
            "end" -> blocks.removeLast()
            else -> {
                val step = Step(index + 1, words)
                blocks.last() += step
                if (words[0] in blockOps) blocks += step.inside
            }
        }
    }
    return blocks[0]
}

/** What a host function throws. */
class Oops : Exception()

/** Something of an instance, with its store. */
class Held(val store: Store, val item: Any)

val things = ConcurrentHashMap<String, Any>()
private val behind = mutableListOf<Thread>()
private val told = mutableSetOf<Pair<Int, String>>()

inline fun <reified T> thing(name: String): T = things[name] as? T ?: error("`$name` is no ${T::class.simpleName}")

/** Says how a step ended, once for each end that it had. */
private fun tell(step: Step, outcome: String): Unit =
    synchronized(told) {
        if (told.add(step.number to outcome)) {
            println("${step.number}\t$outcome")
            System.out.flush()
        }
    }

/** Ends the process, whatever other threads do. */
private fun leave(step: Step) {
    tell(step, "ok")
    // Nobody says anything behind it.
    synchronized(told) {
        println("end")
        exitProcess(0)
    }
}

fun run(block: List<Step>): Unit = block.forEach { tell(it, outcome { perform(it) }) }

private fun outcome(work: () -> Any?): String =
    try {
        (work() as? String) ?: "ok"
    } catch (error: Throwable) {
        named(error)
    }

/** An error as every language names it. */
private fun named(error: Throwable): String =
    when (error) {
        is Oops, is InterruptedException -> "!Thrown"
        is WasmtimeException.Trap -> "!Trap ${error.code?.name?.camel() ?: "none"}"
        is WasmtimeException.Exit -> "!Exit ${error.status}"
        is WasmtimeException -> "!${error.javaClass.simpleName}"
        else -> "!!${error.javaClass.name}: ${error.message}".lines().first()
    }

private fun String.camel() = split('_').joinToString("") { it.lowercase().replaceFirstChar(Char::uppercase) }

// Blocks

private val blockOps =
    setOf("thread", "virtual", "parallel", "background", "repeat", "flat", "within", "deadline", "cancel")

private fun onThread(kib: Long, work: () -> Unit) = Thread(null, work, "step", kib * 1024).apply { start() }

/** A virtual thread where there are any. This is compiled for a Java that has none. */
private fun virtual(work: () -> Unit): Thread {
    val start = Thread::class.java.methods.firstOrNull { it.name == "startVirtualThread" } ?: return onThread(0, work)
    return start.invoke(null, Runnable(work)) as Thread
}

private fun within(step: Step): String {
    val start = System.nanoTime()
    run(step.inside)
    val took = (System.nanoTime() - start) / 1_000_000
    return if (took <= step.number(1)) "in time" else "!took $took ms"
}

/** Interrupts what it runs in the way of the language: the thread. */
private fun cancel(step: Step) {
    val thread = onThread(0) { run(step.inside) }
    Thread.sleep(step.number(1))
    thread.interrupt()
    thread.join()
}

private fun perform(step: Step): Any? =
    when (step[0]) {
        "thread" -> onThread(step.number(1)) { run(step.inside) }.join()
        "virtual" -> virtual { run(step.inside) }.join()
        "parallel" -> List(step.number(1).toInt()) { onThread(0) { run(step.inside) } }.forEach(Thread::join)
        "background" -> Unit.also { behind += onThread(0) { run(step.inside) } }
        "repeat" -> repeat(step.number(1).toInt()) { run(step.inside) }
        "flat" -> flat(step)
        "within" -> within(step)
        "deadline" -> thing<Store>(step[1]).withDeadline(Duration.ofMillis(step.number(2))) { run(step.inside) }
        "cancel" -> cancel(step)
        "engine" -> things[step[1]] = engine(step.words.drop(2))
        "store" -> things[step[1]] = Store(thing<Engine>(step[2]))
        "limits" -> thing<Store>(step[1]).setLimits(limits(step.words.drop(2)))
        "module" -> things[step[1]] = Module(thing<Engine>(step[2]), File(step[3]).readBytes())
        "instance" -> instance(step)
        "wasi" -> wasi(step)
        "pipe" -> thing<OutputPipe>(step[1]).let { if (step[2] == "take") it.take() else it.contents() }.size.toString()
        "linked" -> linked(step)
        "close" -> thing<AutoCloseable>(step[1]).close()
        "drop" -> things.remove(step[1])
        "collect" -> collect(2)
        "i31" -> thing<Store>(step[2]).let { things[step[1]] = Held(it, Reference.ofI31(it, step.number(3).toInt())) }
        "untrusted" -> runUntrusted(File(step[1]).readBytes()).lines().first()
        "sleep" -> Thread.sleep(step.number(1))
        "leave" -> leave(step)
        "timeout" -> thing<Store>(step[1]).setTimeout(step[2].toLongOrNull()?.let(Duration::ofMillis))
        "interrupt" -> interrupt(thing(step[1]), step.number(2))
        "fuel" -> thing<Store>(step[1]).fuel = step.number(2)
        "artifact" ->
            things[step[1]] = thing<Module>(step[2]).run { if (step[3] == "pack") pack() else serialize() }
        "load" -> things[step[1]] = Module.deserialize(thing(step[2]), thing<ByteArray>(step[3]))
        "nothing" -> nothing(step.words.getOrNull(1))
        "overflow" -> deep(0)
        "damage" -> damage(step)
        "host" -> things[step[1]] = host(thing(step[2]), step.words.drop(3))
        "caller" -> Unit.also { thing<Caller>(step[1]).export(step[2]) }
        "mix" -> things[step[1]] = Held(thing(step[2]), thing<Held>(step[3]).item)
        "hold" -> thing<Held>(step[2]).let { things[step[1]] = Held(it.store, (it.item as Instance).export(it.store, step[3])) }
        in componentOps -> onComponents(step)
        else -> thing<Held>(step[1]).let { use(step, it.store, it.item) }
    }

// Steps

private fun pairs(words: List<String>) = words.map { it.split('=') }.map { (name, value) -> name to value }

/** A number, also one of KiB. */
private fun size(text: String): Long = text.removeSuffix("K").toLong() * if (text.endsWith('K')) 1024 else 1

private fun engine(words: List<String>): Engine {
    val isUntrusted = words.firstOrNull() == "untrusted"
    val config = if (isUntrusted) Config.untrusted() else Config()
    pairs(words.drop(if (isUntrusted) 1 else 0)).forEach { (name, value) ->
        val setter = "set" + name.camel()
        val given: Any = value.toBooleanStrictOrNull() ?: size(value)
        config.javaClass.methods.first { it.name == setter }.invoke(config, given)
    }
    return Engine(config)
}

private fun limits(words: List<String>): StoreLimits {
    if (words == listOf("untrusted")) return StoreLimits.untrusted()
    val given = pairs(words).toMap()
    return StoreLimits(
        memorySize = given["memory_size"]?.let(::size),
        tableElements = given["table_elements"]?.let(::size),
        instances = given["instances"]?.let(::size),
        tables = given["tables"]?.let(::size),
        memories = given["memories"]?.let(::size),
        fileDescriptors = given["file_descriptors"]?.let(::size),
        trapOnGrowFailure = given["trap_on_grow_failure"] == "true",
    )
}

/** From another thread, some time later. */
private fun interrupt(store: Store, milliseconds: Long) {
    val handle = store.interruptHandle()
    onThread(0) {
        Thread.sleep(milliseconds)
        handle.interrupt()
    }
}

private fun instance(step: Step) {
    val store = thing<Store>(step[2])
    things[step[1]] = Held(store, Instance(store, thing(step[3]), step.words.drop(4).map { thing<Extern>(it) }))
}

private fun wasi(step: Step) {
    val config = WasiConfig()
    for (grant in step.words.drop(2).map { it.split(':') }) {
        when (grant[0]) {
            "stdin" -> config.inheritStdin()
            "stdout" -> OutputPipe().let { pipe ->
                config.stdout(pipe)
                grant.getOrNull(1)?.let { things[it] = pipe }
            }
            "memory" ->
                MemoryDirectory(maxBytes = grant[2].toLong(), maxFiles = grant[3].toLong())
                    .let { config.preopen(it, grant[1]) }
            else ->
                if (grant[2] == "quota") {
                    config.preopenWithQuota(grant[0], grant[1], grant[3].toLong(), grant[4].toLong())
                } else {
                    config.preopen(grant[0], grant[1], grant[2] == "ro")
                }
        }
    }
    thing<Store>(step[1]).setWasi(config)
}

private fun linked(step: Step) {
    val (store, module) = thing<Store>(step[2]) to thing<Module>(step[3])
    val linker = Linker(module.engine)
    linker.defineWasi()
    things[step[1]] = Held(store, linker.instantiate(store, module))
}

/** A host function from i32 to i32. It refers to its own store, as such closures do. */
private fun host(store: Store, body: List<String>): Func {
    val work: Caller.(Int) -> Int =
        when (body[0]) {
            "plain" -> { number -> number.also { store.data } }
            "call" -> { number -> if (number > 0) nest(store, body[1], body[2], number - 1) else 0 }
            "throw" -> { _ -> throw Oops() }
            "keep" -> { _ -> 0.also { things[body[1]] = this } }
            "close" -> { _ -> 0.also { thing<AutoCloseable>(body[1]).close() } }
            "sleep" -> { number -> 0.also { Thread.sleep(number.toLong()) } }
            "wait" -> { number -> wait(body[1], body[2], number) }
            else -> error("unknown body `${body[0]}`")
        }
    val type = FuncType(listOf(ValType.I32), listOf(ValType.I32))
    return Func(store, type, HostFunction { arguments -> listOf(Val.I32(work(arguments[0].unwrap() as Int))) })
}

private fun nest(store: Store, of: String, name: String, number: Int): Int =
    (thing<Held>(of).item as Instance).func(store, name)(store, number) as Int

/** Waits for another thread that calls into the same store. */
private fun wait(of: String, name: String, number: Int): Int {
    var ended = ""
    Thread.sleep(50)
    onThread(0) { ended = outcome { thing<Held>(of).run { (item as Instance).func(store, name)(store, number) } } }.join()
    return if (ended.startsWith("!")) 1 else 0
}

private fun use(step: Step, store: Store, item: Any): Any? {
    val instance = item as? Instance
    return when (step[0]) {
        "call" -> shown(instance!!.func(store, step[2])(store, *numbers(step, 3)))
        "held" -> shown((item as Func)(store, *numbers(step, 2)))
        "memory" -> memory(step, store, item as? Memory ?: instance!!.memory(store, "memory"))
        "table" -> table(step, store, item as? Table ?: instance!!.table(store, "table"))
        "global" -> "${(item as Global).get(store).unwrap()}"
        "path" -> path(step, store, instance!!)
        else -> error("unknown step `${step[0]}`")
    }
}

private fun numbers(step: Step, from: Int): Array<Any?> = step.words.drop(from).map { it.toLong() }.toTypedArray()

private fun shown(results: Any?): String =
    when (results) {
        null -> "ok"
        is List<*> -> results.joinToString(" ")
        else -> "$results"
    }

/** An operation on the memory that an instance exports as `memory`, or on one that was held. */
private fun memory(step: Step, store: Store, memory: Memory): String =
    when (step[2]) {
        "size" -> "${memory.size(store)}"
        "grow" -> "${memory.grow(store, step.number(3))}"
        "read" -> {
            val octets = memory.read(store, step.number(3), step.number(3) + step.number(4))
            if (octets.size < 64) octets.joinToString("") { "%02x".format(it) } else "many"
        }
        "fill" -> "ok".also { memory.fill(store, step.number(3).toByte(), step.number(4), step.number(5)) }
        else -> error("unknown operation `${step[2]}`")
    }

private fun table(step: Step, store: Store, table: Table): String =
    if (step[2] == "size") "${table.size(store)}" else "${table.grow(store, step.number(3))}"

/** Calls a guest's function with paths, which it finds at 1024 and 8192. */
private fun path(step: Step, store: Store, instance: Instance): String {
    val lengths =
        step.words.drop(3).zip(listOf(1024L, 8192L)).map { (text, place) ->
            val given = if (text.startsWith("long:")) "x".repeat(text.drop(5).toInt()) else URLDecoder.decode(text, "UTF-8")
            val octets = given.encodeToByteArray()
            instance.memory(store, "memory").write(store, octets, place)
            octets.size
        }
    return shown(instance.func(store, step[2])(store, *lengths.toTypedArray()))
}

/** The JVM finds null by a signal. */
private fun nothing(text: String?): String = List(20_000) { text!!.length }.toString()

private fun deep(number: Int): Int = 1 + deep(number + 1)

/** The same numbers in every language. */
private class Randoms(private var state: Long) {
    fun next(): Long {
        state = state * 6364136223846793005 + 1442695040888963407
        return state ushr 33
    }
}

/** Uses bytes that were damaged, many times over. */
private fun damage(step: Step): String {
    val engine = thing<Engine>(step[2])
    val octets = things[step[3]] as? ByteArray ?: File(step[3]).readBytes()
    val randoms = Randoms(step.number(6))
    val counts = IntArray(2)
    repeat(step.number(5).toInt()) {
        val bit = randoms.next() % (octets.size * 8L)
        val place = (bit shr 3).toInt()
        val bad = if (step[4] == "cut") octets.copyOf(place) else octets.copyOf()
        if (step[4] != "cut") bad[place] = (bad[place].toInt() xor (1 shl (bit and 7).toInt())).toByte()
        try {
            when (step[1]) {
                "validate" -> Module.validate(engine, bad)
                "load" -> Module.deserialize(engine, bad)
                "unpack" -> Module.unpack(bad)
                else -> runDamaged(engine, bad)
            }
            counts[0]++
        } catch (error: WasmtimeException) {
            if (error is WasmtimeException.Unexpected) throw error
            counts[1]++
        }
    }
    return "${counts[0]} accepted, ${counts[1]} refused"
}

private fun runDamaged(engine: Engine, octets: ByteArray) {
    val module = Module(engine, octets)
    Store(engine).use { store ->
        store.fuel = 100_000
        store.setLimits(memorySize = 1L shl 20, tableElements = 10_000)
        val exports = Instance(store, module).exports(store)
        exports.values.filterIsInstance<Func>().filter { it.type(store).params.isEmpty() }.forEach {
            try {
                it(store)
            } catch (_: WasmtimeException.Trap) {
                // What a damaged guest does is its own affair.
            }
        }
    }
}
