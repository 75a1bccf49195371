import Foundation
import Trimaran
import TrimaranFoundation

/// What the steps made, and how they end.
final class Program: @unchecked Sendable {
  // The lock guards all three.
  private let lock = NSLock()
  private var things: [String: Any] = [:]
  private var told: Set<String> = []
  private var behind: [DispatchSemaphore] = []

  subscript(name: String) -> Any? {
    get { lock.withLock { things[name] } }
    set {
      let old = lock.withLock { () -> Any? in
        let old = things[name]
        things[name] = newValue
        return old
      }
      // It goes outside of the lock.
      _ = old
    }
  }

  func thing<T>(_ name: String, as _: T.Type = T.self) throws -> T {
    guard let found = self[name] as? T else { throw Mistake(text: "`\(name)` is no \(T.self)") }
    return found
  }

  /// Says how a step ended, once for each end that it had.
  private func tell(_ step: Step, _ outcome: String) {
    lock.withLock {
      if told.insert("\(step.number)\t\(outcome)").inserted {
        print("\(step.number)\t\(outcome)")
        fflush(nil)
      }
    }
  }

  func run(_ block: [Step]) {
    for step in block { tell(step, outcome { try perform(step) }) }
  }

  func outcome(_ work: () throws -> String) -> String {
    do { return try work() } catch { return named(error) }
  }

  private func perform(_ step: Step) throws -> String {
    switch step[0] {
    case "thread": onThread(kib: step.int(1)) { self.run(step.inside) }.wait()
    case "virtual": inTask { self.run(step.inside) }.wait()
    case "parallel":
      let all = (0..<step.int(1)).map { _ in onThread { self.run(step.inside) } }
      for one in all { one.wait() }
    case "background":
      let done = onThread { self.run(step.inside) }
      lock.withLock { behind.append(done) }
    case "repeat": for _ in 0..<step.int(1) { run(step.inside) }
    case "flat": return flat(step)
    case "within": return within(step)
    case "deadline":
      try thing(step[1], as: Store.self).withDeadline(.milliseconds(step.int(2))) { run(step.inside) }
    case "cancel": cancel(step)
    case "sleep": usleep(UInt32(step.int(1) * 1000))
    case "drop": self[step[1]] = nil
    case "collect": break
    case "handler": reportCrashes()
    case "leave":
      tell(step, "ok")
      print("end")
      exit(0)
    default: return try perform(onObjects: step)
    }
    return "ok"
  }

  // MARK: Blocks

  func onThread(kib: Int = 0, _ work: @escaping @Sendable () -> Void) -> DispatchSemaphore {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      work()
      done.signal()
    }
    if kib > 0 { thread.stackSize = kib * 1024 }
    thread.start()
    return done
  }

  /// Waits for what runs in the background.
  func waitForBackground() { for one in lock.withLock({ behind }) { one.wait() } }

  private func inTask(_ work: @escaping @Sendable () -> Void) -> DispatchSemaphore {
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      work()
      done.signal()
    }
    return done
  }

  /// Repeats; the second half must not take more memory than the first one left.
  private func flat(_ step: Step) -> String {
    func half() { for _ in 0..<step.int(1) / 2 { run(step.inside) } }
    half()
    let before = residentMemory()
    half()
    let grown = residentMemory() - before
    return grown <= step.int(2) ? "flat" : "!grew by \(grown) MiB"
  }

  private func within(_ step: Step) -> String {
    let start = DispatchTime.now().uptimeNanoseconds
    run(step.inside)
    let took = Int(DispatchTime.now().uptimeNanoseconds - start) / 1_000_000
    return took <= step.int(1) ? "in time" : "!took \(took) ms"
  }

  /// Does what a crash reporter does: handlers that note the signal, and hand it on to those before them.
  private func reportCrashes() {
    for signal in Handlers.signals {
      var action = sigaction()
      action.sa_flags = SA_SIGINFO | SA_ONSTACK
      action.handler = { signal, info, context in
        guard let place = Handlers.signals.firstIndex(of: signal) else { return }
        Handlers.before[place].handler?(signal, info, context)
      }
      var before = sigaction()
      sigaction(signal, &action, &before)
      Handlers.before.append(before)
    }
  }

  private enum Handlers {
    static let signals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE]
    // Written before any signal comes.
    nonisolated(unsafe) static var before: [sigaction] = []
  }

  /// Interrupts what it runs in the way of the language: the task.
  private func cancel(_ step: Step) {
    let done = DispatchSemaphore(value: 0)
    let task = Task.detached {
      self.run(step.inside)
      done.signal()
    }
    usleep(UInt32(step.int(1) * 1000))
    task.cancel()
    done.wait()
  }
}
