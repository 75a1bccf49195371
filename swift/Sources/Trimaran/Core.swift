// The door to the generated code. Only this file and `Lane.swift` name its module, and none of it is visible outside.

import Foundation
internal import TrimaranGenerated

/// The generated types, by the names that the public ones have as well.
enum Core {
  typealias Allocation = TrimaranGenerated.Allocation
  typealias Cache = TrimaranGenerated.Cache
  typealias Collector = TrimaranGenerated.Collector
  typealias Config = TrimaranGenerated.Config
  typealias CraneliftFlag = TrimaranGenerated.CraneliftFlag
  typealias Engine = TrimaranGenerated.Engine
  typealias EnvVar = TrimaranGenerated.EnvVar
  typealias ExportType = TrimaranGenerated.ExportType
  typealias Extern = TrimaranGenerated.Extern
  typealias ExternType = TrimaranGenerated.ExternType
  typealias FixedClock = TrimaranGenerated.FixedClock
  typealias Frame = TrimaranGenerated.Frame
  typealias Func = TrimaranGenerated.Func
  typealias FuncType = TrimaranGenerated.FuncType
  typealias Global = TrimaranGenerated.Global
  typealias GlobalType = TrimaranGenerated.GlobalType
  typealias HeapType = TrimaranGenerated.HeapType
  typealias ImportType = TrimaranGenerated.ImportType
  typealias Instance = TrimaranGenerated.Instance
  typealias InstancePre = TrimaranGenerated.InstancePre
  typealias InterruptHandle = TrimaranGenerated.InterruptHandle
  typealias Interruption = TrimaranGenerated.Interruption
  typealias Limits = TrimaranGenerated.Limits
  typealias Linker = TrimaranGenerated.Linker
  typealias Memory = TrimaranGenerated.Memory
  typealias MemoryType = TrimaranGenerated.MemoryType
  typealias Module = TrimaranGenerated.Module
  typealias ModuleLimits = TrimaranGenerated.ModuleLimits
  typealias NamedExtern = TrimaranGenerated.NamedExtern
  typealias OptLevel = TrimaranGenerated.OptLevel
  typealias OutputPipe = TrimaranGenerated.OutputPipe
  typealias OutputSink = TrimaranGenerated.OutputSink
  typealias PoolingConfig = TrimaranGenerated.PoolingConfig
  typealias Preopen = TrimaranGenerated.Preopen
  typealias Profiler = TrimaranGenerated.Profiler
  typealias RefType = TrimaranGenerated.RefType
  typealias Reference = TrimaranGenerated.Reference
  typealias SharedMemory = TrimaranGenerated.SharedMemory
  typealias Store = TrimaranGenerated.Store
  typealias StoreLimits = TrimaranGenerated.StoreLimits
  typealias Strategy = TrimaranGenerated.Strategy
  typealias Table = TrimaranGenerated.Table
  typealias TableType = TrimaranGenerated.TableType
  typealias Tag = TrimaranGenerated.Tag
  typealias TagType = TrimaranGenerated.TagType
  typealias TrapCode = TrimaranGenerated.TrapCode
  typealias Val = TrimaranGenerated.Val
  typealias ValType = TrimaranGenerated.ValType
  typealias WaitOutcome = TrimaranGenerated.WaitOutcome
  typealias WasiConfig = TrimaranGenerated.WasiConfig
  typealias WasiInput = TrimaranGenerated.WasiInput
  typealias WasiOutput = TrimaranGenerated.WasiOutput
  typealias WasmtimeError = TrimaranGenerated.WasmtimeError

  static func untrustedConfig() -> Config { TrimaranGenerated.untrustedConfig() }

  static func untrustedLimits() -> StoreLimits { TrimaranGenerated.untrustedLimits() }

  static func version() -> String { TrimaranGenerated.version() }

  static func validate(_ engine: Engine, _ bytes: Data) throws {
    try TrimaranGenerated.validate(engine: engine, bytes: bytes)
  }

  static func commandLine(_ program: String, _ arguments: [String]) -> Int32 {
    TrimaranGenerated.commandLine(program: program, arguments: arguments)
  }

  static func wat2wasm(_ text: Data) throws -> Data { try TrimaranGenerated.wat2wasm(text: text) }
}

/// The version of this library: `major.minor.patch`.
public let version: String = Core.version()

/// Calls the core, and turns what it throws into the public error.
func calling<R>(_ body: () throws -> R) throws(WasmtimeError) -> R {
  do {
    return try body()
  } catch let error as WasmtimeError {
    throw error
  } catch let error as Core.WasmtimeError {
    throw WasmtimeError(error)
  } catch {
    // The generated code's own: a panic in the core, or a message that it cannot read.
    throw .unexpected(reason: error.localizedDescription)
  }
}
