/** One WebAssembly runtime for Kotlin and Java, on Wasmtime. */
module dev.trimaran {
    requires transitive kotlin.stdlib;

    exports dev.trimaran;
    exports dev.trimaran.component;
    exports dev.trimaran.component.bindings;
}
