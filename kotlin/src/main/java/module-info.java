/** One WebAssembly runtime for Kotlin and Java, on Wasmtime. */
module dev.trimaran {
    requires transitive kotlin.stdlib;
    // For the command line alone.
    requires static java.net.http;

    exports dev.trimaran;
    exports dev.trimaran.component;
    exports dev.trimaran.component.bindings;
}
