"""A guest of WASI, which prints and reads."""

from __future__ import annotations

from typing import Any

from guests import engine
from trimaran import Linker, Module, Store, WasiConfig

# Prints to a stream, reads from the standard input.
WAT = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "print") (param $stream i32) (param $start i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $start)) (i32.store (i32.const 4) (local.get $length))
        (call $write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func (export "read") (param $start i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $start)) (i32.store (i32.const 4) (local.get $length))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.load (i32.const 8)))
    (func (export "args") (result i32) (drop (call $args_sizes (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 1024) (i32.const 2048))) (i32.load (i32.const 4)))
    (func (export "env") (result i32) (drop (call $env_sizes (i32.const 0) (i32.const 4)))
        (drop (call $env (i32.const 1024) (i32.const 2048))) (i32.load (i32.const 4))))"""

SHARED = engine()
LINKER = Linker(SHARED)
LINKER.define_wasi()
MODULE = Module(SHARED, WAT)


class Guest:
    """An instance of the guest in a store of its own."""

    def __init__(self, wasi: WasiConfig | None = None) -> None:
        self.store = Store(SHARED)
        if wasi is not None:
            self.store.set_wasi(wasi)
        self.instance = LINKER.instantiate(self.store, MODULE)
        self.memory = self.instance.memory(self.store, "memory")

    def __call__(self, name: str, *arguments: int) -> Any:
        return self.instance.func(self.store, name)(self.store, *arguments)

    def print(self, text: str, stream: int = 1) -> int:
        """Prints, and gives WASI's error number."""
        data = text.encode()
        self.memory.write(self.store, data, 4096)
        number: int = self("print", stream, 4096, len(data))
        return number

    def read(self, length: int = 100) -> bytes:
        count = self("read", 4096, length)
        return self.memory.read(self.store, 4096, 4096 + count)

    def texts(self, name: str) -> list[str]:
        size = self(name)
        return self.memory.read(self.store, 2048, 2048 + size).decode().split("\0")[:-1]
