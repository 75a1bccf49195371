import Foundation

// What differs between the systems.

typealias SignalHandler = @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void

#if os(Linux)
  /// The memory that this process has, in MiB.
  func residentMemory() -> Int {
    // Foundation expects files that have a size.
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard fgets(&text, 256, file) != nil else { return 0 }
    let line = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return (Int(line.split(separator: " ")[1]) ?? 0) * 4096 >> 20
  }

  extension sigaction {
    /// What is called with all that is known of the signal.
    var handler: SignalHandler? {
      get { __sigaction_handler.sa_sigaction }
      set { __sigaction_handler.sa_sigaction = newValue }
    }
  }
#else
  /// The most memory that this process has had, in MiB: what does not grow does not pass it.
  func residentMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss >> 20
  }

  extension sigaction {
    /// What is called with all that is known of the signal.
    var handler: SignalHandler? {
      get { __sigaction_u.__sa_sigaction }
      set { __sigaction_u.__sa_sigaction = newValue }
    }
  }
#endif
