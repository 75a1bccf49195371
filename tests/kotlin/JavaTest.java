package dev.trimaran.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trimaran.Config;
import dev.trimaran.Engine;
import dev.trimaran.Exports;
import dev.trimaran.Extern;
import dev.trimaran.Func;
import dev.trimaran.FuncType;
import dev.trimaran.Global;
import dev.trimaran.GlobalType;
import dev.trimaran.HeapType;
import dev.trimaran.Instance;
import dev.trimaran.Limits;
import dev.trimaran.Memory;
import dev.trimaran.MemoryType;
import dev.trimaran.Module;
import dev.trimaran.RefType;
import dev.trimaran.Store;
import dev.trimaran.Table;
import dev.trimaran.TableType;
import dev.trimaran.Trimaran;
import dev.trimaran.Val;
import dev.trimaran.ValType;
import dev.trimaran.WasmtimeException;
import dev.trimaran.Wat;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The same package, as somebody who writes Java uses it. */
class JavaTest {
    private static Config config() {
        Config config = new Config();
        config.setTarget(System.getenv("TRIMARAN_TEST_TARGET"));
        config.setWasmSimd(true);
        return config;
    }

    @Test
    void memories() {
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            Memory memory = new Memory(store, new MemoryType(new Limits(1, 10L)));
            byte[] hello = "Hello".getBytes(StandardCharsets.UTF_8);
            memory.write(store, hello);
            memory.write(store, hello, 100);
            assertArrayEquals(hello, memory.read(store, 100, 105));
            assertEquals(65_536, memory.read(store).length);
            assertEquals(1, memory.grow(store, 1));
            assertEquals(2, memory.size(store));
            assertEquals("(memory 1 10)", memory.type(store).toString());
            assertEquals(10L, memory.type(store).getLimits().getMax());
            assertEquals(100L, memory.find(store, hello, 1));
            memory.storeI8(store, 0, (byte) -1);
            assertEquals(255, memory.loadU8(store, 0));
            WasmtimeException.Bounds error =
                    assertThrows(WasmtimeException.Bounds.class, () -> memory.write(store, hello, 131_070));
            assertEquals(131_072, error.getSize());
        }
    }

    @Test
    void calls() {
        String text = "(module (memory (export \"memory\") 1)"
                + " (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))";
        try (Engine engine = new Engine(config());
                Store store = new Store(engine);
                Module module = new Module(engine, text)) {
            Exports exports = new Instance(store, module).exports(store);
            Func add = exports.func("add");
            assertEquals(3, add.invoke(store, 1, 2));
            assertEquals(3, add.call(store, new Val.I32(1), new Val.I32(2)).get(0).asInt());
            assertEquals(List.of(new Val.I32(3)), add.call(store, List.of(Val.of(1), Val.of(2L))));
            assertThrows(WasmtimeException.Range.class, () -> add.invoke(store, 1, BigInteger.TWO.pow(80)));
            assertEquals(List.of("memory", "add"), List.copyOf(exports.keySet()));
            for (Map.Entry<String, Extern> export : exports.entrySet()) {
                assertEquals(export.getKey().equals("add"), export.getValue() instanceof Func);
            }
            assertNull(exports.get("swim"));
            assertThrows(WasmtimeException.NotFound.class, () -> exports.getValue("swim"));
            assertEquals("add", module.getExports().get(1).getName());
            assertArrayEquals(Wat.wat2wasm(text), Wat.wat2wasm(Wat.wat2wasm(text)));
            Module.validate(engine, text);
        }
    }

    @Test
    void hostFunctions() throws IOException {
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            ValType i32 = ValType.I32.INSTANCE;
            FuncType type = new FuncType(List.of(i32), List.of(i32));
            Func read = new Func(store, type, (caller, arguments) -> {
                long at = arguments.get(0).asLong();
                return List.of(Val.of(caller.memory("memory").loadI32(caller.getStore(), at)));
            });
            IOException problem = new IOException("checked");
            Func fail = new Func(store, type, (caller, arguments) -> {
                throw problem;
            });
            String text = "(module (import \"\" \"read\" (func $read (param i32) (result i32)))"
                    + " (import \"\" \"fail\" (func $fail (param i32) (result i32)))"
                    + " (memory (export \"memory\") 1) (data (i32.const 8) \"\\2a\")"
                    + " (func (export \"read\") (result i32) (call $read (i32.const 8)))"
                    + " (func (export \"fail\") (result i32) (call $fail (i32.const 8))))";
            Exports exports = new Instance(store, new Module(engine, text), List.of(read, fail)).exports(store);
            assertEquals(42, exports.func("read").invoke(store));
            assertSame(problem, assertThrows(Exception.class, () -> exports.func("fail").invoke(store)));
        }
    }

    @Test
    void globalsTablesAndViews() {
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            Global global = new Global(store, new GlobalType(ValType.I64.INSTANCE, true), Val.of(1L));
            global.set(store, new Val.I64(2));
            assertEquals(2, global.get(store).asLong());
            RefType externs = new RefType(HeapType.Extern.INSTANCE);
            Table table = new Table(store, new TableType(externs, new Limits(1)));
            Object object = new Object();
            table.set(store, 0, new Val.ExternRef(object));
            assertEquals(1, table.grow(store, 2));
            assertSame(object, table.get(store, 0).unwrap());
            assertNull(table.get(store, 2).unwrap());
            Memory memory = new Memory(store, new MemoryType(new Limits(1)));
            memory.view(store).putInt(4, 7);
            assertEquals(7, memory.view(store, 4, 4L).getInt(0));
        }
    }

    @Test
    void settings() {
        assertTrue(config().getWasmSimd());
        Store store = new Store(new Engine());
        assertThrows(WasmtimeException.Config.class, () -> store.setFuel(1));
        store.close();
        assertTrue(store.isClosed());
        assertEquals("(ref func)", new RefType(HeapType.Func.INSTANCE, false).toString());
        assertEquals("v128", ValType.V128.INSTANCE.toString());
        assertEquals(System.getProperty("trimaran.version"), Trimaran.getVersion());
    }
}
