/** One WebAssembly runtime for Kotlin and Java, on Wasmtime. */
module dev.trimaran {
    requires transitive kotlin.stdlib;
    // For guests that wait, where a program has it.
    requires static kotlinx.coroutines.core;
    // For components that answer requests of the JDK's server, where a program has it.
    requires static jdk.httpserver;
    // For the command line alone.
    requires static java.net.http;

    exports dev.trimaran;
    exports dev.trimaran.component;
    exports dev.trimaran.component.bindings;
}
