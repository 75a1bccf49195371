package dev.trimaran

import dev.trimaran.internal.ffi.untrustedConfig
import java.io.Serializable
import java.time.Duration

/**
 * How large a module may be ([Config.moduleLimits]). The engine checks this before it compiles anything, and fails with
 * `Limit` for a module past a limit. A property that is null has no limit but wasmtime's. Each number is 0 or more, and
 * so is the time.
 *
 * @property size The size of the module in the binary format, in bytes. In the text format it may have ten times as
 *   many. What its instructions stand for counts as well, as with [functionSize].
 * @property types How many types it defines; a group of recursive ones counts as one.
 * @property functions How many functions it defines.
 * @property imports How many items it imports.
 * @property exports How many items it exports.
 * @property globals How many globals it defines.
 * @property locals How many locals a function declares.
 * @property functionSize The size of a function's body, in bytes. A call, a block, a branch or an instruction that
 *   makes a struct stands for many values if its type has many: past sixteen, each counts as a byte, and a field of a
 *   struct of defaults as four.
 * @property nesting How deep blocks lie in blocks in a function.
 * @property compileTime How long a compilation may take, in whole milliseconds. wasmtime cannot end it: it goes on in the
 *   background, and its result is discarded.
 */
public data class ModuleLimits @JvmOverloads constructor(
    public var size: Long? = null,
    public var types: Long? = null,
    public var functions: Long? = null,
    public var imports: Long? = null,
    public var exports: Long? = null,
    public var globals: Long? = null,
    public var locals: Long? = null,
    public var functionSize: Long? = null,
    public var nesting: Long? = null,
    public var compileTime: Duration? = null,
) : Serializable {
    // From Java, which makes a `long` of an `int`, and no `Long`.

    /** Sets [size], from Java. */
    public fun setSize(size: Long) {
        this.size = size
    }

    /** Sets [types], from Java. */
    public fun setTypes(types: Long) {
        this.types = types
    }

    /** Sets [functions], from Java. */
    public fun setFunctions(functions: Long) {
        this.functions = functions
    }

    /** Sets [imports], from Java. */
    public fun setImports(imports: Long) {
        this.imports = imports
    }

    /** Sets [exports], from Java. */
    public fun setExports(exports: Long) {
        this.exports = exports
    }

    /** Sets [globals], from Java. */
    public fun setGlobals(globals: Long) {
        this.globals = globals
    }

    /** Sets [locals], from Java. */
    public fun setLocals(locals: Long) {
        this.locals = locals
    }

    /** Sets [functionSize], from Java. */
    public fun setFunctionSize(functionSize: Long) {
        this.functionSize = functionSize
    }

    /** Sets [nesting], from Java. */
    public fun setNesting(nesting: Long) {
        this.nesting = nesting
    }

    /** Other ways to limits. */
    public companion object {
        private const val serialVersionUID = 1L

        /** The limits of [Config.untrusted]. They may be changed. */
        @JvmStatic
        public fun untrusted(): ModuleLimits = core { untrustedConfig() }.moduleLimits?.toPublic() ?: ModuleLimits()
    }
}
