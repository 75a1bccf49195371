package dev.trimaran

import dev.trimaran.internal.ffi.untrustedConfig
import java.io.Serializable
import java.util.function.Consumer

/** Which compiler turns a module into machine code. */
public enum class Strategy {
    /** The best one that there is for the target. */
    AUTO,

    /** Cranelift, the optimising compiler. */
    CRANELIFT,
}

/** How hard Cranelift tries. */
public enum class OptLevel {
    /** As little as possible: compiles fastest. */
    NONE,

    /** For speed. */
    SPEED,

    /** For speed, and for small code. */
    SPEED_AND_SIZE,
}

/** How compiled code is shown to a profiler. */
public enum class Profiler {
    /** Not at all. */
    NONE,

    /** By a jitdump file, for `perf inject` on Linux. */
    JITDUMP,

    /** By the interface of VTune. */
    VTUNE,

    /** By a perf map file, on Linux. */
    PERFMAP,
}

/** How garbage-collected references are managed. */
public enum class Collector {
    /** The best one that there is for the target. */
    AUTO,

    /** Deferred reference counting: short pauses, but cycles are never freed. */
    DEFERRED_REFERENCE_COUNTING,

    /** Never collects: for short runs. */
    NULL,

    /** A copying collector, which frees cycles. */
    COPYING,
}

/** Where compiled modules are kept between runs. */
public sealed class Cache : Serializable {
    /** In the place and with the limits that wasmtime chooses for this user. */
    public data object Standard : Cache()

    /**
     * As a TOML file says.
     *
     * @property path The path of that file.
     */
    public data class File(public val path: String) : Cache()
}

/**
 * A target-specific flag of Cranelift.
 *
 * @property name The flag's name.
 * @property value Its value; null enables a flag that is on or off.
 */
public data class CraneliftFlag @JvmOverloads constructor(public val name: String, public val value: String? = null) :
    Serializable {
    private companion object {
        private const val serialVersionUID = 1L
    }
}

/**
 * The configuration of an engine. What is null keeps the default of wasmtime 48.
 *
 * A configuration is a plain value: change it as you like, an engine reads it once when it is made. Sizes are
 * in bytes, 0 or more. Names are those of `wasmtime::Config`.
 *
 * ```kotlin
 * val engine = Engine { wasmThreads = true }
 * ```
 */
public class Config : Serializable {
    /** Emits DWARF debug information for compiled code, for native debuggers. */
    public var debugInfo: Boolean? = null

    /**
     * The threads proposal: atomics and shared memories in modules. Turning it on also lets the host make shared
     * memories, unless [sharedMemory] says otherwise. The portable interpreter does not have it.
     */
    public var wasmThreads: Boolean? = null

    /** The tail calls of WebAssembly 3.0. */
    public var wasmTailCall: Boolean? = null

    /** The reference types of WebAssembly 2.0. */
    public var wasmReferenceTypes: Boolean? = null

    /** The vector instructions of WebAssembly 2.0. */
    public var wasmSimd: Boolean? = null

    /** The bulk memory operations of WebAssembly 2.0. */
    public var wasmBulkMemory: Boolean? = null

    /** Several results of functions and blocks (WebAssembly 2.0). */
    public var wasmMultiValue: Boolean? = null

    /** Several memories in a module (WebAssembly 3.0). */
    public var wasmMultiMemory: Boolean? = null

    /** Memories and tables with 64-bit addresses (WebAssembly 3.0). */
    public var wasmMemory64: Boolean? = null

    /** The relaxed vector instructions of WebAssembly 3.0. */
    public var wasmRelaxedSimd: Boolean? = null

    /** Gives relaxed vector instructions one result on every machine, at the cost of speed. */
    public var wasmRelaxedSimdDeterministic: Boolean? = null

    /** The component model. */
    public var wasmComponentModel: Boolean? = null

    /** The map type of the component model. */
    public var wasmComponentModelMap: Boolean? = null

    /** The exceptions of WebAssembly 3.0. */
    public var wasmExceptions: Boolean? = null

    /** The typed function references of WebAssembly 3.0. */
    public var wasmFunctionReferences: Boolean? = null

    /** The garbage-collected types of WebAssembly 3.0. */
    public var wasmGc: Boolean? = null

    /** The wide arithmetic proposal: 128-bit addition and multiplication. */
    public var wasmWideArithmetic: Boolean? = null

    /** The custom page sizes proposal: memories with pages of one byte. */
    public var wasmCustomPageSizes: Boolean? = null

    /** The stack switching proposal (x86-64 Linux only). */
    public var wasmStackSwitching: Boolean? = null

    /** Which compiler is used. */
    public var strategy: Strategy? = null

    /** Has Cranelift check its own intermediate code. Slow; for debugging. */
    public var craneliftDebugVerifier: Boolean? = null

    /** How hard Cranelift tries. */
    public var craneliftOptLevel: OptLevel? = null

    /** Gives every NaN one bit pattern, so that floating-point results are the same on every machine. */
    public var craneliftNanCanonicalization: Boolean? = null

    /** How compiled code is shown to a profiler. */
    public var profiler: Profiler? = null

    /**
     * Keeps compiled modules between runs. What is damaged there is compiled again. They are machine code: give it a
     * folder that nobody else writes to.
     */
    public var cache: Cache? = null

    /** Where instances get their memories and tables from. */
    public var allocation: Allocation? = null

    /** How large a module may be that is compiled, and how long compiling may take. */
    public var moduleLimits: ModuleLimits? = null

    /**
     * Lets guests be interrupted: by [Engine.incrementEpoch] at their deadlines, by [Store.setTimeout], by
     * [Store.interruptHandle], and by [Thread.interrupt] of the thread that they run on.
     */
    public var epochInterruption: Boolean? = null

    /** Makes guests use fuel. A store begins with none. */
    public var consumeFuel: Boolean? = null

    /** Compiles the functions of a module on several threads. */
    public var parallelCompilation: Boolean? = null

    /** Lets the host make shared memories. Off by default, as in wasmtime. */
    public var sharedMemory: Boolean? = null

    /**
     * The greatest stack that guest code may use, in bytes: more than zero, at most 1 GiB. On a thread that has less
     * left, guests run on a stack of their own.
     */
    public var maxWasmStack: Long? = null

    /** Support for garbage-collected references as a whole. */
    public var gcSupport: Boolean? = null

    /** How garbage-collected references are managed. */
    public var collector: Collector? = null

    /** Lets a memory move when it grows past its reservation. */
    public var memoryMayMove: Boolean? = null

    /** The address space that is reserved for each memory, in bytes. */
    public var memoryReservation: Long? = null

    /** The size of the guard region behind each memory, in bytes. */
    public var memoryGuardSize: Long? = null

    /** The address space that is reserved again when a memory has moved, in bytes. */
    public var memoryReservationForGrowth: Long? = null

    /** Initialises memories by copy-on-write mappings, where the system has them. */
    public var memoryInitCow: Boolean? = null

    /** Emits native unwind information for compiled code. */
    public var nativeUnwindInfo: Boolean? = null

    /**
     * The target that code is compiled for, as a triple such as `x86_64-unknown-linux-gnu`, or `pulley64` for the
     * portable interpreter. Code for another machine can be compiled, if this build has a compiler for it, but not
     * run.
     */
    public var target: String? = null

    /** Uses Mach ports for traps on macOS, and not signals. */
    public var macosUseMachPorts: Boolean? = null

    /** Uses the processor's own faults to detect traps, by signal handlers of the process. */
    public var signalsBasedTraps: Boolean? = null

    /**
     * Target-specific flags of Cranelift, applied in order. A flag changes the code that is made: one that
     * promises what the machine cannot do makes a guest crash the process.
     */
    public var craneliftFlags: List<CraneliftFlag> = emptyList()

    /**
     * Takes instances from a pool ([Allocation.Pooling]), as in `Engine { pooling { totalMemories = 10 } }`. If there
     * is a pool already, this changes what [configure] sets, and leaves the rest as it is.
     */
    @JvmSynthetic
    public fun pooling(configure: PoolingConfig.() -> Unit) {
        // A copy: other configurations may have the same object.
        val present = (allocation as? Allocation.Pooling)?.pooling?.copy()
        allocation = Allocation.Pooling((present ?: PoolingConfig()).apply(configure))
    }

    /** The same, from Java: `config.pooling(pool -> pool.setTotalMemories(10))`. */
    public fun pooling(configure: Consumer<PoolingConfig>): Unit = pooling { configure.accept(this) }

    /**
     * Limits which modules the engine compiles, as in `Engine { moduleLimits { functions = 1000 } }`. If there are
     * limits already, this changes those that [configure] sets, and leaves the rest as they are.
     */
    @JvmSynthetic
    public fun moduleLimits(configure: ModuleLimits.() -> Unit) {
        moduleLimits = (moduleLimits?.copy() ?: ModuleLimits()).apply(configure)
    }

    /** The same, from Java: `config.moduleLimits(limits -> limits.setFunctions(1000))`. */
    public fun moduleLimits(configure: Consumer<ModuleLimits>): Unit = moduleLimits { configure.accept(this) }

    // From Java, which makes a `long` of an `int`, and no `Long`.

    /** Sets [maxWasmStack], from Java. */
    public fun setMaxWasmStack(maxWasmStack: Long) {
        this.maxWasmStack = maxWasmStack
    }

    /** Sets [memoryReservation], from Java. */
    public fun setMemoryReservation(memoryReservation: Long) {
        this.memoryReservation = memoryReservation
    }

    /** Sets [memoryGuardSize], from Java. */
    public fun setMemoryGuardSize(memoryGuardSize: Long) {
        this.memoryGuardSize = memoryGuardSize
    }

    /** Sets [memoryReservationForGrowth], from Java. */
    public fun setMemoryReservationForGrowth(memoryReservationForGrowth: Long) {
        this.memoryReservationForGrowth = memoryReservationForGrowth
    }

    /** Whether every setting is the same. */
    override fun equals(other: Any?): Boolean = other is Config && settings() == other.settings()

    /** Agrees with [equals]. */
    override fun hashCode(): Int = settings().hashCode()

    /** The settings that are not null, by name. */
    override fun toString(): String =
        settings().filterValues { it != null }.entries.joinToString(prefix = "Config(", postfix = ")")

    /** Other ways to a configuration. */
    public companion object {
        private const val serialVersionUID = 1L

        /**
         * A configuration for untrusted modules: you can interrupt them, they have one thread, and the engine refuses
         * those that are too large. You may change it: `Config.untrusted().apply { moduleLimits { functions = 1000 } }`
         * keeps all other limits.
         */
        @JvmStatic
        public fun untrusted(): Config = core { untrustedConfig() }.toPublic()
    }
}
