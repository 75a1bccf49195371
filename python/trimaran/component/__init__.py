"""Components: WebAssembly with types of a higher level, such as strings, records, variants and resources.

```python
from trimaran import Engine, Store
from trimaran.component import Component, Linker

engine = Engine()
store = Store(engine)
component = Component.from_file(engine, "adder.wasm")
instance = Linker(engine).instantiate(store, component)
add = instance.func(store, "add")
print(add(store, 1, 2))
```

Code that was written for `wasmtime.component` runs with this module in its place.
"""

from .component import Component, ExportIndex, validate_component
from .func import Func
from .instance import Instance
from .instance_pre import InstancePre
from .linker import Linker, LinkerInstance
from .load import load
from .resource import Resource, ResourceAny, ResourceHost
from .resource_type import ResourceType
from .serving import IncomingHandler, IncomingRequest, ResponseHead
from .stream import Future, Stream
from .types import (
    F32,
    F64,
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    BorrowType,
    Char,
    ComponentInstanceType,
    ComponentItem,
    ComponentType,
    EnumType,
    ErrorContext,
    FixedLengthListType,
    FlagsType,
    FuncType,
    FutureType,
    ListType,
    MapType,
    ModuleType,
    OptionType,
    OwnType,
    RecordType,
    ResultType,
    StreamType,
    String,
    TupleType,
    UnsupportedType,
    ValType,
    VariantType,
)
from .values import Err, Ok, Record, ResultError, Some, Variant

__all__ = [
    "F32",
    "F64",
    "S8",
    "S16",
    "S32",
    "S64",
    "U8",
    "U16",
    "U32",
    "U64",
    "Bool",
    "BorrowType",
    "Char",
    "Component",
    "ComponentInstanceType",
    "ComponentItem",
    "ComponentType",
    "EnumType",
    "Err",
    "ErrorContext",
    "ExportIndex",
    "FixedLengthListType",
    "FlagsType",
    "Func",
    "FuncType",
    "Future",
    "FutureType",
    "IncomingHandler",
    "IncomingRequest",
    "Instance",
    "InstancePre",
    "Linker",
    "LinkerInstance",
    "ListType",
    "MapType",
    "ModuleType",
    "Ok",
    "OptionType",
    "OwnType",
    "Record",
    "RecordType",
    "Resource",
    "ResourceAny",
    "ResourceHost",
    "ResourceType",
    "ResponseHead",
    "ResultError",
    "ResultType",
    "Some",
    "Stream",
    "StreamType",
    "String",
    "TupleType",
    "UnsupportedType",
    "ValType",
    "Variant",
    "VariantType",
    "load",
    "validate_component",
]
