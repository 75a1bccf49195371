"""Three threads share one memory, each through a store of its own."""

from concurrent.futures import ThreadPoolExecutor

from trimaran import Config, Engine, Limits, MemoryType, SharedMemory, Store

engine = Engine(Config().wasm_threads(True))
shared = SharedMemory(engine, MemoryType(Limits(1, 5)))


def work(thread: int) -> str:
    """Leaves a message at an offset of its own, with a zero byte at its end."""
    offset = thread * 32
    with Store(engine) as store:
        memory = shared.as_memory(store)
        memory.write(store, f"Thread {thread} was here!\0".encode(), offset)
    return f"Thread {thread} wrote to offset {offset}"


with ThreadPoolExecutor() as pool:
    for line in pool.map(work, range(3)):
        print(line)

with Store(engine) as store:
    memory = shared.as_memory(store)
    print("Reading results from shared memory:")
    for thread in range(3):
        print(f"Thread {thread} data: {memory.read_terminated(store, thread * 32)}")
