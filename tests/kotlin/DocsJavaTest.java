package dev.trimaran.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trimaran.Engine;
import dev.trimaran.Func;
import dev.trimaran.FuncType;
import dev.trimaran.Instance;
import dev.trimaran.Linker;
import dev.trimaran.Module;
import dev.trimaran.OutputPipe;
import dev.trimaran.Store;
import dev.trimaran.ValType;
import dev.trimaran.WasiConfig;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples of the documentation in Java, word for word. DocsTest looks for them here. */
class DocsJavaTest {
    /** What the work prints. */
    private static String printed(Runnable work) {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theFirstProgram() {
        String text = "(module (func (export \"add\") (param i32 i32) (result i32)"
                + " local.get 0 local.get 1 i32.add))";
        assertEquals("42\n", printed(() -> {
            try (Engine engine = new Engine(); Store store = new Store(engine)) {
                Func add = new Instance(store, new Module(engine, text)).exports(store).func("add");
                System.out.println(add.invoke(store, 40, 2)); // 42
            }
        }));
    }

    @Test
    void aFunctionOfTheHost() {
        String text = "(module (import \"host\" \"print\" (func $print (param i32)))"
                + " (memory (export \"memory\") 1) (data (i32.const 8) \"a boat\")"
                + " (func (export \"run\") (call $print (i32.const 10))))";
        try (Engine engine = new Engine(); Store store = new Store(engine)) {
            FuncType type = new FuncType(List.of(ValType.I32.INSTANCE), List.of());
            Func print = new Func(store, type, (caller, arguments) -> {
                System.out.println(caller.memory("memory").readString(caller.getStore(), arguments.get(0).asLong(), 5));
                return List.of();
            });
            Instance instance = new Instance(store, new Module(engine, text), List.of(print));
            assertEquals("boat\0\n", printed(() -> instance.func(store, "run").invoke(store)));
        }
    }

    @Test
    void aProgram() {
        try (Engine engine = new Engine(); Store store = new Store(engine); Linker linker = new Linker(engine)) {
            linker.defineWasi();
            Module program = new Module(engine, "(module (import \"wasi_snapshot_preview1\" \"fd_write\""
                    + " (func $write (param i32 i32 i32 i32) (result i32)))"
                    + " (memory (export \"memory\") 1)"
                    + " (data (i32.const 0) \"\\08\\00\\00\\00\\04\\00\\00\\00boat\")"
                    + " (func (export \"_start\")"
                    + " (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))))");
            assertEquals("boat\n", printed(() -> {
                OutputPipe output = new OutputPipe();
                store.setWasi(new WasiConfig().argv("program").stdin("some input").stdout(output));
                linker.instantiate(store, program).func(store, "_start").invoke(store);
                System.out.println(output.text());
            }));
        }
    }
}
