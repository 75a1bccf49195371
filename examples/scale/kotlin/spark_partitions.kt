// Runs one module over the partitions of a table, on Spark in local mode, as `spark_partitions.py` does.

import dev.trimaran.Config
import dev.trimaran.Engine
import dev.trimaran.Instance
import dev.trimaran.Module
import dev.trimaran.Store
import dev.trimaran.StoreLimits
import dev.trimaran.WasmtimeException
import org.apache.spark.SparkException
import org.apache.spark.api.java.function.MapPartitionsFunction
import org.apache.spark.api.java.function.ReduceFunction
import org.apache.spark.sql.Encoders
import org.apache.spark.sql.Row
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.functions.col
import org.apache.spark.sql.functions.expr
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds

// How much each person pays, in cents. With nobody to pay, the division traps.
private const val SHARE = """
(module
  (func (export "share") (param ${'$'}cents i64) (param ${'$'}people i32) (result i64)
    (i64.div_s (local.get ${'$'}cents) (i64.extend_i32_s (local.get ${'$'}people)))))"""

private const val ROWS = 100_000L
private const val BATCH = 4096

/** What a worker has once. */
object Worker {
    private val loads = AtomicInteger()

    @Volatile
    private var module: Module? = null

    val loaded: Int
        get() = loads.get()

    /** The module, which comes compiled. */
    fun module(packed: ByteArray): Module =
        module ?: synchronized(this) {
            module ?: Module.unpack(packed).also {
                module = it
                loads.incrementAndGet()
            }
        }
}

/** A batch: a store of its own, one call for all rows, a time limit, and the row's name in the error. */
class Shares(private val packed: ByteArray) : MapPartitionsFunction<Row, Long> {
    override fun call(rows: Iterator<Row>): Iterator<Long> =
        rows.asSequence().chunked(BATCH).flatMap { batch -> shares(batch).asSequence() }.iterator()

    private fun shares(batch: List<Row>): LongArray {
        val module = Worker.module(packed)
        return Store(module.engine).use { store ->
            store.setLimits(StoreLimits.untrusted())
            store.setTimeout(5.seconds)
            val cents = LongArray(batch.size) { batch[it].getLong(1) }
            val people = IntArray(batch.size) { batch[it].getInt(2) }
            try {
                Instance(store, module).func(store, "share").map(store, cents, people) as LongArray
            } catch (error: WasmtimeException) {
                val row = error.row ?: throw error
                throw IllegalArgumentException("${error.message}; the row is ${batch[row].getLong(0)}", error)
            }
        }
    }
}

fun main() {
    val packed = Module(Engine(Config.untrusted()), SHARE).pack()
    val session =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "localhost")
    session.getOrCreate().use { spark ->
        fun sum(people: String): Long {
            val bills = spark.range(0, ROWS, 1, 10).select(col("id"), col("id").alias("cents"), expr(people).cast("int"))
            return bills.mapPartitions(Shares(packed), Encoders.LONG()).reduce(ReduceFunction { one, other -> one + other })
        }

        println("sum: ${sum("IF(id % 2 = 0, 2, 5)")}")
        println("loaded: ${Worker.loaded}")
        try {
            sum("IF(id = 70123, 0, 1)")
        } catch (error: SparkException) {
            val cause = generateSequence<Throwable>(error) { it.cause }.first { it is IllegalArgumentException }
            println(cause.message)
        }
    }
}
