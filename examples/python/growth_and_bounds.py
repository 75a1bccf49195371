"""What happens past the end of a memory, and past the most that it may grow to."""

from trimaran import BoundsError, Engine, LimitError, Limits, Memory, MemoryType, Store

engine = Engine()
with Store(engine) as store:
    memory = Memory(store, MemoryType(Limits(1, 3)))
    page = memory.page_size(store)
    memory.fill(store, ord("A"), 0, page - 100)
    print(f"Initial memory: {memory.size(store)} pages")

    try:
        memory.write(store, b"This will fail", page + 1000)
    except BoundsError as error:
        print(f"Expected error: {error}")

    old_size = memory.grow(store, 1)
    print(f"Memory grown from {old_size} to {memory.size(store)} pages")

    text = b"Second page data"
    memory.write(store, text, page + 100)
    print(f"Second page contains: {memory.read_string(store, page + 100, len(text))}")

    try:
        memory.grow(store, 5)
    except LimitError as error:
        print(f"Growth limit reached: {error}")
