// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import RegisterService
import Synchronization

@testable import AtomicsServer

/// A server over an arena of its own, whose registers are the same before each connection.
final class ServedArena: Sendable {
  let context: ServerContext
  // Safety: one thread fuzzes.
  nonisolated(unsafe) let hub: WaitHub
  /// The types of `r0`, `r1` and so on.
  private let registers: [RegisterType]
  private var service: RegisterService { context.service }

  /// - Parameter name: Another one for each arena of the process.
  init(_ name: String, registers: [RegisterType]) {
    self.registers = registers
    let parent = "/dev/shm/atomics-fuzz-\(getpid())-\(name)"
    // Safety: the string lives as long as the call.
    _ = unsafe mkdir(parent, 0o700)
    guard let served = try? RegisterService.serve(at: "\(parent)/arena", capacity: 1 << 12) else {
      preconditionFailure("no arena at \(parent)")
    }
    context = ServerContext(
      service: served.service, configuration: ServerConfiguration(arenaPath: "\(parent)/arena"))
    unsafe hub = served.service.makeHub {}
    parents.withLock { $0.append(parent) }
    atexit {
      let all = parents.withLock { parents in
        defer { parents = [] }
        return parents
      }
      for parent in all {
        for file in ["dir", "val", "lock", "sock"] { _ = unsafe unlink("\(parent)/arena/\(file)") }
        _ = unsafe rmdir("\(parent)/arena")
        _ = unsafe rmdir(parent)
      }
    }
  }

  /// The registers that there are from the start, at 1, and no others.
  func reset() {
    var cursor: UInt64? = 0
    while let from = cursor {
      let none: [UInt8] = []
      guard let page = try? service.list(from: from, prefix: none.span, limit: 1000) else { break }
      for register in page.registers { try? service.delete(Array(register.name.utf8).span) }
      cursor = page.next
    }
    for (index, type) in registers.enumerated() {
      _ = try? service.create(
        RegisterDefinition(name: "r\(index)", type: type, initial: 1, ownerUser: 0))
    }
  }

  /// Adds 1 to `r0`, as another client does.
  func change() {
    guard let register = try? service.find(Array("r0".utf8).span),
      let request = try? AtomicRequest(.add, on: register.type, operand: 1)
    else { return }
    _ = try? service.perform(request, on: register)
  }
}

/// To be removed at the end.
private let parents = Mutex<[String]>([])
