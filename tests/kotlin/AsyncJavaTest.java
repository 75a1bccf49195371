package dev.trimaran.tests;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.trimaran.Caller;
import dev.trimaran.Config;
import dev.trimaran.Engine;
import dev.trimaran.Func;
import dev.trimaran.FuncType;
import dev.trimaran.FutureFunction;
import dev.trimaran.Instance;
import dev.trimaran.Linker;
import dev.trimaran.Module;
import dev.trimaran.Store;
import dev.trimaran.Val;
import dev.trimaran.ValType;
import dev.trimaran.WasmtimeException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guests that wait, in Java: futures in, futures out. */
@Timeout(60)
class AsyncJavaTest {
    private static final FuncType NUMBER = new FuncType(List.of(ValType.I32.INSTANCE), List.of(ValType.I32.INSTANCE));
    private static final String TEXT =
            "(module (import \"host\" \"wait\" (func $wait (param i32) (result i32)))"
                    + " (memory (export \"memory\") 1)"
                    + " (func (export \"once\") (param i32) (result i32)"
                    + "   (i32.add (call $wait (local.get 0)) (local.get 0)))"
                    + " (func (export \"plain\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
                    + " (func (export \"spins\") (loop (br 0))))";

    private static Config config() {
        Config config = new Config();
        config.setTarget(System.getenv("TRIMARAN_TEST_TARGET"));
        return config;
    }

    private final Engine engine = new Engine(config());
    private final Store store = new Store(engine);

    private Instance guest(FutureFunction wait) {
        return new Instance(store, new Module(engine, TEXT), List.of(Func.future(store, NUMBER, wait)));
    }

    private static CompletionStage<List<Val>> later(int number) {
        return CompletableFuture.supplyAsync(
                () -> List.of(new Val.I32(number)), CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS));
    }

    private static int number(List<? extends Val> values) {
        return ((Val.I32) values.get(0)).getValue();
    }

    private void goesOn(Instance guest) {
        assertEquals(42, guest.func(store, "plain").invoke(store, 41));
    }

    /** The examples in the comments of the sources, word for word. */
    @Test
    void theExamplesOfTheDocuments() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try {
            HttpClient client = HttpClient.newHttpClient();
            URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            HttpRequest request = HttpRequest.newBuilder(uri).build();
            FuncType type = NUMBER;
            Func fetch = Func.future(store, type, (caller, arguments) ->
                client.sendAsync(request, ofString()).thenApply(response -> List.of(new Val.I32(response.statusCode()))));
            Func run = new Instance(store, new Module(engine, TEXT), List.of(fetch)).func(store, "once");
            CompletableFuture<Object> total = run.callFuture(store, 1).orTimeout(5, TimeUnit.SECONDS);
            assertEquals(205, total.get());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aGuestWaitsForAFuture() throws Exception {
        Instance guest = guest((caller, values) -> later(10 * number(values)));
        Func once = guest.func(store, "once");
        assertEquals(55, once.callFuture(store, 5).get());
        assertEquals(List.of(new Val.I32(55)), once.callFuture(store, List.of(new Val.I32(5))).get());
        assertEquals(6, guest.func(store, "plain").callFuture(store, 5).get());
        goesOn(guest);
    }

    @Test
    void itsThreadsAreThoseOfAnExecutor() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor(work -> new Thread(work, "one"));
        AtomicReference<String> name = new AtomicReference<>();
        Instance guest =
                guest(
                        (caller, values) -> {
                            name.set(Thread.currentThread().getName());
                            return later(1);
                        });
        assertEquals(3, guest.func(store, "once").callFuture(one, store, 2).get());
        assertEquals("one", name.get());
        one.shutdown();
    }

    @Test
    void aLinkerHasThemForEveryStore() throws Exception {
        Linker linker = new Linker(engine);
        linker.future("host", "wait", NUMBER, (caller, values) -> later(number(values)));
        Instance guest = linker.instantiate(store, new Module(engine, TEXT));
        assertEquals(10, guest.func(store, "once").callFuture(store, 5).get());
    }

    @Test
    void aHostFunctionUsesTheStore() throws Exception {
        AtomicReference<Instance> self = new AtomicReference<>();
        AtomicReference<Caller> kept = new AtomicReference<>();
        Instance guest =
                guest(
                        (caller, values) -> {
                            kept.set(caller);
                            int number = number(values);
                            // Synchronously, and again as a future, which goes on top.
                            assertEquals(number + 1, self.get().func(store, "plain").invoke(store, number));
                            CompletionStage<List<Val>> inner =
                                    number == 0
                                            ? later(1)
                                            : self.get().func(store, "once").callFuture(store, values(number - 1));
                            return inner.thenApplyAsync(
                                    found -> {
                                        caller.memory("memory").write(store, new byte[] {1}, 0);
                                        return found;
                                    });
                        });
        self.set(guest);
        assertEquals(4, guest.func(store, "once").callFuture(store, 2).get());
        assertThrows(WasmtimeException.Escaped.class, () -> kept.get().memory("memory"));
    }

    private static List<Val> values(int number) {
        return List.of(new Val.I32(number));
    }

    @Test
    void whatFailsComesOutAsTheVerySameObject() {
        Exception thrown = new Exception("no");
        List<FutureFunction> ways =
                List.of(
                        (caller, values) -> {
                            throw thrown;
                        },
                        (caller, values) -> CompletableFuture.failedFuture(thrown),
                        (caller, values) ->
                                later(1).thenApply(
                                        found -> {
                                            throw new CompletionException(thrown);
                                        }));
        for (FutureFunction way : ways) {
            Instance guest = guest(way);
            CompletableFuture<Object> call = guest.func(store, "once").callFuture(store, 1);
            assertSame(thrown, assertThrows(ExecutionException.class, call::get).getCause());
            goesOn(guest);
        }
    }

    @Test
    void aWrongAnswerIsAMistakeOfTheHost() {
        List<FutureFunction> ways =
                List.of((caller, values) -> null, (caller, values) -> CompletableFuture.completedFuture(null));
        for (FutureFunction way : ways) {
            CompletableFuture<Object> call = guest(way).func(store, "once").callFuture(store, 1);
            Throwable error = assertThrows(ExecutionException.class, call::get).getCause();
            assertTrue(error instanceof WasmtimeException.Type, String.valueOf(error));
            assertTrue(error.getMessage().startsWith("the host function gave null"), error.getMessage());
        }
    }

    @Test
    void aFutureThatIsCancelledEndsItsGuestAndTheStage() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        AtomicReference<CompletableFuture<List<Val>>> stage = new AtomicReference<>();
        Instance guest =
                guest(
                        (caller, values) -> {
                            stage.set(new CompletableFuture<>());
                            begun.countDown();
                            return stage.get();
                        });
        Func once = guest.func(store, "once");
        CompletableFuture<Object> call = once.callFuture(store, 1);
        while (begun.getCount() > 1) Thread.sleep(1);
        assertTrue(call.cancel(true));
        assertThrows(CancellationException.class, call::get);
        goesOn(guest);
        assertThrows(CancellationException.class, () -> stage.get().get(20, TimeUnit.SECONDS));
        // Its time is over.
        CompletableFuture<Object> late = once.callFuture(store, 1).orTimeout(30, TimeUnit.MILLISECONDS);
        assertTrue(assertThrows(ExecutionException.class, late::get).getCause() instanceof TimeoutException);
        goesOn(guest);
    }

    @Test
    void aGuestThatComputesIsCancelled() throws Exception {
        Config config = config();
        config.setEpochInterruption(true);
        Engine engine = new Engine(config);
        try (Store store = new Store(engine)) {
            Func wait = Func.future(store, NUMBER, (caller, values) -> later(1));
            Instance guest = new Instance(store, new Module(engine, TEXT), List.of(wait));
            CompletableFuture<Object> call = guest.func(store, "spins").callFuture(store);
            Thread.sleep(30);
            assertTrue(call.cancel(true));
            assertEquals(42, guest.func(store, "plain").callFuture(store, 41).get());
        }
    }
}
