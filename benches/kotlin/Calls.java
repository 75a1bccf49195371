package benches;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a call costs in either direction, in time and in bytes on the heap, as JMH sees it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Calls {
    private final Guest guest = new Guest();

    /** A function of a guest, by its type. */
    @Benchmark
    public int call() {
        return guest.add(40, 2);
    }

    /** A host function, by its type: a guest calls it a thousand times. */
    @Benchmark
    @OperationsPerInvocation(GuestKt.CALLS)
    public int callback() {
        return guest.callTyped(GuestKt.CALLS);
    }

    /** A host function whose type is known at run time alone. */
    @Benchmark
    @OperationsPerInvocation(GuestKt.CALLS)
    public int checkedCallback() {
        return guest.callChecked(GuestKt.CALLS);
    }

    /** The value of a global. */
    @Benchmark
    public int global() {
        return guest.global();
    }

    /** A function in a table. */
    @Benchmark
    public Object table() {
        return guest.element(0);
    }

    /** A number in a memory, by a view. */
    @Benchmark
    public int view() {
        return guest.view();
    }
}
