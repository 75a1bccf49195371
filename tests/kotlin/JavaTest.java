package dev.trimaran.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trimaran.Allocation;
import dev.trimaran.Config;
import dev.trimaran.Engine;
import dev.trimaran.Exports;
import dev.trimaran.Extern;
import dev.trimaran.Func;
import dev.trimaran.FuncType;
import dev.trimaran.Global;
import dev.trimaran.GlobalType;
import dev.trimaran.HeapType;
import dev.trimaran.HttpHeader;
import dev.trimaran.HttpResponse;
import dev.trimaran.Instance;
import dev.trimaran.InterruptHandle;
import dev.trimaran.Limits;
import dev.trimaran.Linker;
import dev.trimaran.Memory;
import dev.trimaran.MemoryDirectory;
import dev.trimaran.MemoryType;
import dev.trimaran.Module;
import dev.trimaran.ModuleLimits;
import dev.trimaran.OutputPipe;
import dev.trimaran.PoolingConfig;
import dev.trimaran.RefType;
import dev.trimaran.Reference;
import dev.trimaran.SharedMemory;
import dev.trimaran.Store;
import dev.trimaran.StoreLimits;
import dev.trimaran.Table;
import dev.trimaran.TableType;
import dev.trimaran.Trimaran;
import dev.trimaran.Val;
import dev.trimaran.ValType;
import dev.trimaran.WaitOutcome;
import dev.trimaran.WasiConfig;
import dev.trimaran.WasmtimeException;
import dev.trimaran.Wat;
import dev.trimaran.component.Component;
import dev.trimaran.component.Record;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
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
            Memory memory = new Memory(store, new MemoryType(new Limits(1, 10)));
            byte[] hello = "Hello".getBytes(StandardCharsets.UTF_8);
            memory.write(store, hello);
            memory.write(store, hello, 100);
            assertArrayEquals(hello, memory.read(store, 100, 105));
            assertEquals(65_536, memory.read(store).length);
            assertEquals(1, memory.grow(store, 1));
            assertEquals(2, memory.size(store));
            assertEquals("(memory 1 10)", memory.type(store).toString());
            assertEquals(OptionalLong.of(10), memory.type(store).getLimits().getMax());
            assertEquals(OptionalLong.empty(), new Limits(1).getMax());
            assertEquals(OptionalLong.of(100), memory.find(store, hello, 1));
            assertEquals(OptionalLong.empty(), memory.find(store, hello, 1, 100));
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
            Func echo = new Func(store, type, (caller, arguments) -> arguments);
            assertEquals(7, echo.invoke(store, 7));
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
            assertEquals(7, memory.view(store, 4, 4).getInt(0));
        }
    }

    @Test
    void linkers() throws Exception {
        try (Engine engine = new Engine(config());
                Linker linker = new Linker(engine);
                Store store = new Store(engine, "state")) {
            linker.setAllowShadowing(true);
            linker.defineWasi();
            FuncType type = new FuncType(List.of(ValType.I32.INSTANCE), List.of());
            StringBuilder seen = new StringBuilder();
            linker.func("host", "see", type, (caller, arguments) -> {
                seen.append(caller.getData()).append(arguments.get(0).asInt());
                return List.of();
            });
            String text = "(module (import \"host\" \"see\" (func $see (param i32)))"
                    + " (memory (export \"memory\") 1)"
                    + " (func (export \"_start\") (call $see (i32.const 7))))";
            Module module = new Module(engine, text);
            Instance instance = linker.instantiate(store, module);
            instance.func(store, "_start").invoke(store);
            linker.instantiatePre(module).instantiate(store).func(store, "_start").invoke(store);
            linker.defineModule(store, "command", module);
            linker.getDefault(store, "command").invoke(store);
            assertEquals("state7state7state7", seen.toString());
            linker.define(store, "host", "memory", instance.memory(store, "memory"));
            assertTrue(linker.get(store, "host", "memory") instanceof Memory);
            assertNull(linker.get(store, "host", "nothing"));
            assertEquals("state", store.getData());
        }
    }

    @Test
    void wasi() throws Exception {
        try (Engine engine = new Engine(config());
                Linker linker = new Linker(engine);
                Store store = new Store(engine)) {
            linker.defineWasi();
            OutputPipe pipe = new OutputPipe();
            IOException problem = new IOException("checked");
            WasiConfig config = new WasiConfig()
                    .argv("program", "one")
                    .env("A", "1")
                    .env(Map.of("B", "2"))
                    .stdin("text")
                    .stdout(pipe)
                    .stderr(bytes -> {
                        throw problem;
                    })
                    .clock(5)
                    .preopen(Path.of("."), "/", true);
            config.randomSeed(7);
            store.setWasi(config);
            String text = "(module (import \"wasi_snapshot_preview1\" \"fd_write\""
                    + " (func $write (param i32 i32 i32 i32) (result i32)))"
                    + " (memory (export \"memory\") 1) (data (i32.const 0) \"\\10\\00\\00\\00\\04\\00\\00\\00\")"
                    + " (data (i32.const 16) \"boat\") (func (export \"put\") (param i32) (result i32)"
                    + " (call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8))))";
            Func put = linker.instantiate(store, new Module(engine, text)).func(store, "put");
            assertEquals(0, put.invoke(store, 1));
            assertEquals("boat", pipe.text());
            assertSame(problem, assertThrows(Exception.class, () -> put.invoke(store, 2)));
        }
    }

    @Test
    void limitsPoolsAndReferences() {
        Config config = config();
        PoolingConfig pooling = new PoolingConfig();
        pooling.setTotalMemories(2);
        config.setAllocation(new Allocation.Pooling(pooling));
        config.setWasmGc(true);
        try (Engine engine = new Engine(config); Store store = new Store(engine)) {
            assertEquals(config, engine.getConfig());
            store.setLimits(limits -> limits.memorySize(65_536));
            assertThrows(WasmtimeException.Limit.class, () -> new Memory(store, new MemoryType(new Limits(2))));
            Reference reference = Reference.ofI31(store, 5);
            assertEquals(5, reference.i31(store));
            assertTrue(reference.matches(store, new RefType(HeapType.Any.INSTANCE)));
            byte[] artifact = engine.precompile("(module)");
            assertTrue(engine.accepts(artifact));
            Module module = Module.unpack(Module.deserialize(engine, artifact).pack());
            assertEquals(engine.getCompatibilityHash(), module.getEngine().getCompatibilityHash());
            assertEquals(config, Engine.shared(config).getConfig());
        }
    }

    @Test
    void interruption() throws InterruptedException {
        Config config = config();
        config.setEpochInterruption(true);
        ModuleLimits limits = new ModuleLimits();
        limits.setFunctions(1);
        config.setModuleLimits(limits);
        try (Engine engine = new Engine(config); Store store = new Store(engine)) {
            Module module = new Module(engine, "(module (func (export \"spin\") (loop (br 0))))");
            Func spin = new Instance(store, module).func(store, "spin");
            store.setTimeout(Duration.ofMillis(20));
            assertThrows(WasmtimeException.Trap.class, () -> spin.invoke(store));
            store.setTimeout(null);
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, () -> spin.invoke(store));
            InterruptHandle handle = store.interruptHandle();
            Thread other = new Thread(() -> {
                while (!Thread.interrupted()) {
                    handle.interrupt();
                }
            });
            other.start();
            assertThrows(WasmtimeException.Trap.class, () -> spin.invoke(store));
            other.interrupt();
            other.join();
        }
        assertTrue(Config.untrusted().getEpochInterruption());
        assertTrue(StoreLimits.untrusted().getMemorySize() > 0);
    }

    private static String wrong(org.junit.jupiter.api.function.Executable work) {
        return assertThrows(WasmtimeException.Type.class, work).getMessage();
    }

    @Test
    void nulls() {
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            Module module = new Module(engine, "(module (import \"\" \"\" (func)))");
            List<Extern> imports = Arrays.asList((Extern) null);
            assertEquals("import 1 is null", wrong(() -> new Instance(store, module, imports)));
            List<ValType> types = Arrays.asList(ValType.I32.INSTANCE, null);
            assertEquals("parameter 2 is null", wrong(() -> new FuncType(types, List.of())));
            assertEquals("result 2 is null", wrong(() -> new FuncType(List.of(), types)));
            assertEquals("argument 2 is null", wrong(() -> new WasiConfig().argv("a", null)));
            FuncType number = new FuncType(List.of(), List.of(ValType.I32.INSTANCE));
            Func nothing = new Func(store, number, (caller, values) -> null);
            assertEquals(
                "the host function gave null: expected a list of its results, empty without any",
                wrong(() -> nothing.invoke(store)));
            Func hole = new Func(store, number, (caller, values) -> Arrays.asList((Val) null));
            assertEquals("result 1 is null", wrong(() -> hole.invoke(store)));
            assertEquals("value 1 is null", wrong(() -> hole.call(store, Arrays.asList((Val) null))));
            assertEquals("column 2 is null", wrong(() -> hole.map(store, new int[1], null)));
            Map<String, String> nothingFor = Collections.singletonMap("A", null);
            assertEquals("variable `A` is null", wrong(() -> new WasiConfig().env(nothingFor)));
            Map<String, String> nameless = Collections.singletonMap(null, "a");
            assertEquals("the name of variable 1 is null", wrong(() -> new WasiConfig().env(nameless)));
            Map<String, byte[]> empty = Collections.singletonMap("a/b", null);
            assertEquals("file `a/b` is null", wrong(() -> new MemoryDirectory(empty)));
            Map<String, Object> field = Collections.singletonMap(null, 1);
            assertEquals("the name of field 1 is null", wrong(() -> new Record(field)));
            List<HttpHeader> headers = Arrays.asList(new HttpHeader("a", "b"), null);
            assertEquals("header 2 is null", wrong(() -> new HttpResponse(200, headers)));
            assertEquals("header 2 is null", wrong(() -> new HttpResponse(200, headers, "text")));
            InputStream body = InputStream.nullInputStream();
            assertEquals("header 2 is null", wrong(() -> new HttpResponse(200, headers, body)));
            assertEquals("trailer 2 is null", wrong(() -> new HttpResponse(200, List.of(), "text", headers)));
            dev.trimaran.component.Instance component = new dev.trimaran.component.Linker(engine)
                    .instantiate(store, new Component(engine, "(component)"));
            String[] path = {"a", null};
            assertEquals("name 2 is null", wrong(() -> component.func(store, path)));
            assertEquals("name 2 is null", wrong(() -> component.module(store, path)));
            assertEquals("name 2 is null", wrong(() -> component.resource(store, path)));
            Memory memory = new Memory(store, new MemoryType(new Limits(1)));
            assertEquals(
                "the stop is 4, before the start, 100: it is an offset as well, and no length",
                assertThrows(WasmtimeException.Range.class, () -> memory.read(store, 100, 4)).getMessage());
        }
    }

    @Test
    void numbers() {
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            Linker linker = new Linker(engine);
            linker.wrap("host", "add", IntBinaryOperator.class, (a, b) -> a + b);
            linker.wrap("host", "twice", DoubleUnaryOperator.class, a -> 2 * a);
            linker.wrap("host", "note", LongConsumer.class, store::setData);
            linker.wrap("host", "next", LongSupplier.class, () -> (long) store.getData() + 1);
            linker.wrap("host", "clear", Runnable.class, () -> store.setData(null));
            Module module = new Module(engine, """
                (module
                  (import "host" "add" (func $add (param i32 i32) (result i32)))
                  (import "host" "twice" (func $twice (param f64) (result f64)))
                  (import "host" "note" (func $note (param i64)))
                  (import "host" "next" (func $next (result i64)))
                  (import "host" "clear" (func $clear))
                  (export "add" (func $add)) (export "twice" (func $twice)) (export "next" (func $next))
                  (export "note" (func $note)) (export "clear" (func $clear)))""");
            Instance instance = linker.instantiate(store, module);
            Func func = instance.func(store, "add");
            IntBinaryOperator add = func.typed(store, IntBinaryOperator.class);
            int sum = add.applyAsInt(40, 2);
            assertEquals(42, sum);
            assertEquals(-2, add.applyAsInt(Integer.MAX_VALUE, Integer.MAX_VALUE));
            DoubleUnaryOperator twice = instance.func(store, "twice").typed(store, DoubleUnaryOperator.class);
            assertEquals(3.0, twice.applyAsDouble(1.5));
            instance.func(store, "note").typed(store, LongConsumer.class).accept(Long.MIN_VALUE);
            assertEquals(Long.MIN_VALUE, store.getData());
            assertEquals(Long.MIN_VALUE + 1, instance.func(store, "next").typed(store, LongSupplier.class).getAsLong());
            instance.func(store, "clear").typed(store, Runnable.class).run();
            assertNull(store.getData());
            Func own = Func.wrap(store, IntBinaryOperator.class, Math::max);
            assertEquals(7, own.invoke(store, 3, 7));
            assertEquals(
                "the function is (func (param i32 i32) (result i32)): expected (func (param i64 i64) (result i64)),"
                    + " as LongBinaryOperator has it",
                wrong(() -> own.typed(store, LongBinaryOperator.class)));
            String text = wrong(() -> own.typed(store, Comparable.class));
            String begin = "java.lang.Comparable is no interface of numbers: expected one of Runnable, IntSupplier,";
            assertTrue(text.startsWith(begin), text);
        }
        try (Engine engine = new Engine(config()); Store store = new Store(engine)) {
            store.setWasi(wasi -> wasi.argv("program"));
        }
    }

    @Test
    void settingsInBlocks() {
        Engine engine = Engine.of(config -> {
            config.setTarget(System.getenv("TRIMARAN_TEST_TARGET"));
            config.setMaxWasmStack(1 << 20);
            config.pooling(pool -> pool.setTotalMemories(2));
            config.pooling(pool -> pool.setMaxMemorySize(1 << 20));
            config.moduleLimits(limits -> limits.setFunctions(1));
        });
        try (engine; Store store = new Store(engine)) {
            Config config = engine.getConfig();
            assertEquals(1L << 20, config.getMaxWasmStack());
            PoolingConfig pooling = new PoolingConfig();
            pooling.setTotalMemories(2);
            pooling.setMaxMemorySize(1 << 20);
            assertEquals(new Allocation.Pooling(pooling), config.getAllocation());
            assertThrows(WasmtimeException.Limit.class, () -> new Module(engine, "(module (func) (func))"));
            Module module = new Module(engine, "(module (func (export \"fail\") unreachable))");
            WasmtimeException.Trap trap = assertThrows(
                WasmtimeException.Trap.class, () -> new Instance(store, module).func(store, "fail").invoke(store));
            assertTrue(trap.getFrames().get(0).getFuncOffset().isPresent());
            assertTrue(trap.getFrames().get(0).getModuleOffset().isPresent());
            assertThrows(WasmtimeException.Range.class, () -> store.setLimits(limits -> limits.memories(-1)));
        }
        StoreLimits limits = StoreLimits.builder().memorySize(65_536).instances(3).trapOnGrowFailure(true).build();
        assertEquals(new StoreLimits(65_536L, null, 3L, null, null, true), limits);
        StoreLimits more = limits.toBuilder().tableElements(4).tables(5).memories(6).fileDescriptors(7).build();
        assertEquals(new StoreLimits(65_536L, 4L, 3L, 5L, 6L, true, 7L), more);
    }

    @Test
    void waitsAndPipes() {
        assertThrows(WasmtimeException.Range.class, () -> new OutputPipe(-1));
        if (System.getenv("TRIMARAN_TEST_TARGET") != null) {
            return; // The interpreter has no shared memories.
        }
        try (Engine engine = Engine.of(config -> config.setWasmThreads(true))) {
            SharedMemory memory = new SharedMemory(engine, new MemoryType(new Limits(1, 1)));
            assertEquals(WaitOutcome.MISMATCH, memory.wait32(0, 1, 1_000));
            assertEquals(WaitOutcome.TIMED_OUT, memory.wait64(0, 0, 1));
            assertEquals(4, memory.view(8, 4).remaining());
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
