// Types on their way to the core and back, and as text, which the core writes.

extension ValType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.ValType) {
    self =
      switch core {
      case .i32: .i32
      case .i64: .i64
      case .f32: .f32
      case .f64: .f64
      case .v128: .v128
      case .ref(let type): .ref(RefType(type))
      }
  }

  var core: Core.ValType {
    switch self {
    case .i32: .i32
    case .i64: .i64
    case .f32: .f32
    case .f64: .f64
    case .v128: .v128
    case .ref(let type): .ref(ty: type.core)
    }
  }
}

extension RefType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.RefType) { self.init(HeapType(core.heap), nullable: core.nullable) }

  var core: Core.RefType { Core.RefType(nullable: nullable, heap: heap.core) }
}

extension HeapType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.HeapType) {
    self =
      switch core {
      case .extern: .extern
      case .noExtern: .noExtern
      case .func: .func
      case .noFunc: .noFunc
      case .any: .any
      case .eq: .eq
      case .i31: .i31
      case .struct: .struct
      case .array: .array
      case .none: .none
      case .exn: .exn
      case .noExn: .noExn
      case .cont: .cont
      case .noCont: .noCont
      case .concrete(let text): .concrete(text: text)
      }
  }

  var core: Core.HeapType {
    switch self {
    case .extern: .extern
    case .noExtern: .noExtern
    case .func: .func
    case .noFunc: .noFunc
    case .any: .any
    case .eq: .eq
    case .i31: .i31
    case .struct: .struct
    case .array: .array
    case .none: .none
    case .exn: .exn
    case .noExn: .noExn
    case .cont: .cont
    case .noCont: .noCont
    case .concrete(let text): .concrete(text: text)
    }
  }
}

extension Limits: CustomStringConvertible {
  /// The limits as in the text format.
  public var description: String { core.text }

  init(_ core: Core.Limits) { self.init(core.min, core.max) }

  var core: Core.Limits { Core.Limits(min: min, max: max) }
}

extension MemoryType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.MemoryType) {
    self.init(
      Limits(core.limits),
      is64: core.is64,
      shared: core.shared,
      pageSizeLog2: core.pageSizeLog2
    )
  }

  var core: Core.MemoryType {
    Core.MemoryType(limits: limits.core, is64: is64, shared: shared, pageSizeLog2: pageSizeLog2)
  }
}

extension TableType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.TableType) {
    self.init(RefType(core.element), Limits(core.limits), is64: core.is64)
  }

  var core: Core.TableType { Core.TableType(element: element.core, limits: limits.core, is64: is64) }
}

extension GlobalType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.GlobalType) { self.init(ValType(core.content), mutable: core.mutable) }

  var core: Core.GlobalType { Core.GlobalType(content: content.core, mutable: mutable) }
}

extension FuncType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.FuncType) {
    self.init(core.params.map(ValType.init), core.results.map(ValType.init))
  }

  var core: Core.FuncType {
    Core.FuncType(params: params.map(\.core), results: results.map(\.core))
  }
}

extension TagType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.TagType) { self.init(FuncType(core.func)) }

  var core: Core.TagType { Core.TagType(func: function.core) }
}

extension ExternType: CustomStringConvertible {
  /// The type as in the text format.
  public var description: String { core.text }

  init(_ core: Core.ExternType) {
    self =
      switch core {
      case .ofFunc(let type): .function(FuncType(type))
      case .ofGlobal(let type): .global(GlobalType(type))
      case .ofTable(let type): .table(TableType(type))
      case .ofMemory(let type): .memory(MemoryType(type))
      case .ofTag(let type): .tag(TagType(type))
      }
  }

  var core: Core.ExternType {
    switch self {
    case .function(let type): .ofFunc(ty: type.core)
    case .global(let type): .ofGlobal(ty: type.core)
    case .table(let type): .ofTable(ty: type.core)
    case .memory(let type): .ofMemory(ty: type.core)
    case .tag(let type): .ofTag(ty: type.core)
    }
  }
}

extension ImportType: CustomStringConvertible {
  /// The import as in the text format.
  public var description: String { core.text }

  init(_ core: Core.ImportType) { self.init(core.module, core.name, ExternType(core.ty)) }

  private var core: Core.ImportType { Core.ImportType(module: module, name: name, ty: type.core) }
}

extension ExportType: CustomStringConvertible {
  /// The export as in the text format.
  public var description: String { core.text }

  init(_ core: Core.ExportType) { self.init(core.name, ExternType(core.ty)) }

  private var core: Core.ExportType { Core.ExportType(name: name, ty: type.core) }
}
