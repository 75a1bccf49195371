package consumer;

import dev.trimaran.*;
import dev.trimaran.Module; // not that of java.lang
import java.util.function.IntBinaryOperator;

/** The same from Java, in a module of its own. */
public final class JavaConsumer {
    private JavaConsumer() {}

    /** Prints 42. */
    public static void main(String[] arguments) {
        String text = """
            (module
              (import "host" "add" (func $add (param i32 i32) (result i32)))
              (export "add" (func $add)))""";
        try (Engine engine = new Engine(); Linker linker = new Linker(engine); Store store = new Store(engine)) {
            linker.wrap("host", "add", IntBinaryOperator.class, Integer::sum);
            Func add = linker.instantiate(store, new Module(engine, text)).func(store, "add");
            System.out.println(add.typed(store, IntBinaryOperator.class).applyAsInt(40, 2));
        }
    }
}
