// The type vocabulary of WebAssembly 3.0 (core specification, section 2.3), as plain values. Each prints as in
// the text format.

/// The type of a value.
public enum ValType: Sendable, Hashable {
  /// A 32-bit integer.
  case i32
  /// A 64-bit integer.
  case i64
  /// A 32-bit float.
  case f32
  /// A 64-bit float.
  case f64
  /// A vector of 128 bits.
  case v128
  /// A reference: to what, and whether it may be null.
  case ref(RefType)

  /// A reference to any function, or null.
  public static let funcref = ValType.ref(.funcref)

  /// A reference to any value of the host, or null.
  public static let externref = ValType.ref(.externref)
}

/// The type of a reference.
public struct RefType: Sendable, Hashable {
  /// What it refers to.
  public var heap: HeapType
  /// Whether null is one of its values.
  public var nullable: Bool

  /// A reference to `heap`, or null unless said otherwise.
  public init(_ heap: HeapType, nullable: Bool = true) {
    self.heap = heap
    self.nullable = nullable
  }

  /// A reference to any function, or null.
  public static let funcref = RefType(.func)

  /// A reference to any value of the host, or null.
  public static let externref = RefType(.extern)
}

/// What a reference refers to.
public enum HeapType: Sendable, Hashable {
  /// Any value of the host.
  case extern
  /// Only the null of the host's hierarchy.
  case noExtern
  /// Any function.
  case `func`
  /// Only the null of the functions.
  case noFunc
  /// Any garbage-collected value.
  case any
  /// Any value that can be compared for identity.
  case eq
  /// An integer of 31 bits.
  case i31
  /// Any struct.
  case `struct`
  /// Any array.
  case array
  /// Only the null of the garbage-collected values.
  case none
  /// Any exception.
  case exn
  /// Only the null of the exceptions.
  case noExn
  /// Any continuation.
  case cont
  /// Only the null of the continuations.
  case noCont
  /// One defined type, as in the text format, such as `(func (param i32))`.
  case concrete(text: String)
}

/// How small and how large something may be: a memory in pages, a table in elements.
public struct Limits: Sendable, Hashable {
  /// The size at the beginning, and the smallest that it can have.
  public var min: UInt64
  /// The greatest size that it can grow to; `nil` leaves that to the store and the machine.
  public var max: UInt64?

  /// From `min` up to `max`.
  public init(_ min: UInt64, _ max: UInt64? = nil) {
    self.min = min
    self.max = max
  }
}

/// The type of a memory.
public struct MemoryType: Sendable, Hashable {
  /// The size, in pages.
  public var limits: Limits
  /// Whether it has 64-bit addresses.
  public var is64: Bool
  /// Whether several threads may use it.
  public var shared: Bool
  /// The size of a page, as a power of two: 16 (65,536 bytes), or 0 (one byte) with custom page sizes.
  public var pageSizeLog2: UInt8

  /// A memory of `limits` pages.
  public init(_ limits: Limits, is64: Bool = false, shared: Bool = false, pageSizeLog2: UInt8 = 16) {
    self.limits = limits
    self.is64 = is64
    self.shared = shared
    self.pageSizeLog2 = pageSizeLog2
  }
}

/// The type of a table.
public struct TableType: Sendable, Hashable {
  /// What its elements are.
  public var element: RefType
  /// The size, in elements.
  public var limits: Limits
  /// Whether it has 64-bit indices.
  public var is64: Bool

  /// A table of `limits` elements.
  public init(_ element: RefType, _ limits: Limits, is64: Bool = false) {
    self.element = element
    self.limits = limits
    self.is64 = is64
  }
}

/// The type of a global.
public struct GlobalType: Sendable, Hashable {
  /// What it holds.
  public var content: ValType
  /// Whether it can be set.
  public var mutable: Bool

  /// A global that holds `content`.
  public init(_ content: ValType, mutable: Bool = false) {
    self.content = content
    self.mutable = mutable
  }
}

/// The type of a function.
public struct FuncType: Sendable, Hashable {
  /// What it takes.
  public var params: [ValType]
  /// What it gives.
  public var results: [ValType]

  /// A function that takes `params` and gives `results`.
  public init(_ params: [ValType], _ results: [ValType]) {
    self.params = params
    self.results = results
  }
}

/// The type of a tag: what an exception carries.
public struct TagType: Sendable, Hashable {
  /// The values of an exception with this tag, as parameters.
  public var function: FuncType

  /// A tag of exceptions that carry the parameters of `function`.
  public init(_ function: FuncType) {
    self.function = function
  }
}

/// The type of something that can be imported or exported.
public enum ExternType: Sendable, Hashable {
  /// A function, and its type.
  case function(FuncType)
  /// A global, and its type.
  case global(GlobalType)
  /// A table, and its type.
  case table(TableType)
  /// A memory, shared or not, and its type.
  case memory(MemoryType)
  /// A tag, and its type.
  case tag(TagType)
}

/// Something that a module wants.
public struct ImportType: Sendable, Hashable {
  /// The first part of its name.
  public var module: String
  /// The second part of its name.
  public var name: String
  /// What it has to be.
  public var type: ExternType

  /// An import by the two parts of its name.
  public init(_ module: String, _ name: String, _ type: ExternType) {
    self.module = module
    self.name = name
    self.type = type
  }
}

/// Something that a module offers.
public struct ExportType: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// What it is.
  public var type: ExternType

  /// An export by its name.
  public init(_ name: String, _ type: ExternType) {
    self.name = name
    self.type = type
  }
}
