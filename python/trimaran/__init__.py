"""Trimaran: a WebAssembly runtime that is the same in Python, Kotlin and Swift.

Code that was written for `wasmtime-py` runs with `import trimaran as wasmtime`. Everything is imported
from here: the modules inside are how the package is made.
"""

# Before anything else: what it would load does not work there either.
from . import _main_interpreter as _main_interpreter  # isort: skip
from ._closable import Managed
from ._limits import ModuleLimits, PoolingConfig, StoreLimits
from ._native import version as _version
from ._setting import Setting
from .allocation import Allocation
from .caller import Caller, StoreContext
from .config import Collector, Config, OptLevel, ProfilingStrategy, Strategy
from .contents import DataSegment, ModuleNames, Producer
from .core_dump import CoreDump
from .deadline import Deadline
from .debug_info import DebugInfo
from .engine import Engine
from .error import (
    ArtifactError,
    BoundsError,
    BusyError,
    ClosedError,
    CompileError,
    ConfigError,
    EncodingError,
    EscapedError,
    ExitTrap,
    HostError,
    IoError,
    LimitError,
    LinkError,
    NotFoundError,
    PoisonedError,
    RangeError,
    SuspendError,
    UnexpectedError,
    UnsupportedError,
    WasmtimeError,
    WasmTypeError,
    WatSyntaxError,
    WrongEngineError,
    WrongStoreError,
)
from .events import Event, EventKind
from .extern_type import ExportType, ExternType, ImportType
from .externs import Extern
from .func import Func
from .global_ import Global
from .http import HttpError, HttpRequest, HttpResponse
from .instance import Instance, InstanceExports
from .instance_pre import InstancePre
from .interrupt import InterruptHandle
from .linker import Linker
from .memory import Memory, u32
from .memory_directory import MemoryDirectory
from .module import Module
from .output import OutputPipe
from .profiler import Profiler
from .reference import Reference
from .shared_memory import SharedMemory, WaitOutcome
from .store import Store, Storelike
from .table import Table
from .tag import Tag
from .trap import Frame, FrameSymbol, Interruption, TimeLimitTrap, Trap, TrapCode
from .turn import Turn
from .types import (
    FuncType,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    RefType,
    TableType,
    TagType,
    ValType,
)
from .value import Val
from .wasi import WasiConfig
from .wat import wat2wasm

__version__ = _version()

__all__ = [
    "Allocation",
    "ArtifactError",
    "BoundsError",
    "BusyError",
    "Caller",
    "ClosedError",
    "Collector",
    "CompileError",
    "Config",
    "ConfigError",
    "CoreDump",
    "DataSegment",
    "Deadline",
    "DebugInfo",
    "EncodingError",
    "Engine",
    "EscapedError",
    "Event",
    "EventKind",
    "ExitTrap",
    "ExportType",
    "Extern",
    "ExternType",
    "Frame",
    "FrameSymbol",
    "Func",
    "FuncType",
    "Global",
    "GlobalType",
    "HeapType",
    "HostError",
    "HttpError",
    "HttpRequest",
    "HttpResponse",
    "ImportType",
    "Instance",
    "InstanceExports",
    "InstancePre",
    "InterruptHandle",
    "Interruption",
    "IoError",
    "LimitError",
    "Limits",
    "LinkError",
    "Linker",
    "Managed",
    "Memory",
    "MemoryDirectory",
    "MemoryType",
    "Module",
    "ModuleLimits",
    "ModuleNames",
    "NotFoundError",
    "OptLevel",
    "OutputPipe",
    "PoisonedError",
    "PoolingConfig",
    "Producer",
    "Profiler",
    "ProfilingStrategy",
    "RangeError",
    "RefType",
    "Reference",
    "Setting",
    "SharedMemory",
    "Store",
    "StoreContext",
    "StoreLimits",
    "Storelike",
    "Strategy",
    "SuspendError",
    "Table",
    "TableType",
    "Tag",
    "TagType",
    "TimeLimitTrap",
    "Trap",
    "TrapCode",
    "Turn",
    "UnexpectedError",
    "UnsupportedError",
    "Val",
    "ValType",
    "WaitOutcome",
    "WasiConfig",
    "WasmTypeError",
    "WasmtimeError",
    "WatSyntaxError",
    "WrongEngineError",
    "WrongStoreError",
    "__version__",
    "u32",
    "wat2wasm",
]
