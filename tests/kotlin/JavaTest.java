package dev.trimaran.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trimaran.Config;
import dev.trimaran.Engine;
import dev.trimaran.Exports;
import dev.trimaran.Extern;
import dev.trimaran.Func;
import dev.trimaran.HeapType;
import dev.trimaran.Instance;
import dev.trimaran.Limits;
import dev.trimaran.Memory;
import dev.trimaran.MemoryType;
import dev.trimaran.Module;
import dev.trimaran.RefType;
import dev.trimaran.Store;
import dev.trimaran.Trimaran;
import dev.trimaran.Val;
import dev.trimaran.ValType;
import dev.trimaran.WasmtimeException;
import dev.trimaran.Wat;
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
