// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import RegisterService
import WireProtocol

@testable import AtomicsServer

/// A server's side over an arena of its own, whose registers are the same before each connection.
final class SideUnderTest: Sendable {
  let context: ServerContext
  // Safety: one thread fuzzes.
  nonisolated(unsafe) let hub: WaitHub
  private var service: RegisterService { context.service }

  init(_ name: String) {
    let parent = "/dev/shm/atomics-fuzz-\(getpid())-\(name)"
    // Safety: the string lives as long as the call.
    _ = unsafe mkdir(parent, 0o700)
    guard let served = try? RegisterService.serve(at: "\(parent)/arena", capacity: 1 << 20) else {
      preconditionFailure("no arena at \(parent)")
    }
    context = ServerContext(
      service: served.service, configuration: ServerConfiguration(arenaPath: "\(parent)/arena"))
    unsafe hub = served.service.makeHub {}
    atexit {
      for name in ["whole", "split"] {
        let parent = "/dev/shm/atomics-fuzz-\(getpid())-\(name)"
        for file in ["dir", "val", "lock", "sock"] { _ = unsafe unlink("\(parent)/arena/\(file)") }
        _ = unsafe rmdir("\(parent)/arena")
        _ = unsafe rmdir(parent)
      }
    }
  }

  /// Registers `r0` to `r3` at 1, and no others.
  func reset() {
    var cursor: UInt64? = 0
    while let from = cursor {
      let none: [UInt8] = []
      guard let page = try? service.list(from: from, prefix: none.span, limit: 1000) else { break }
      for register in page.registers { try? service.delete(Array(register.name.utf8).span) }
      cursor = page.next
    }
    for (index, type) in Stream.registers.enumerated() {
      _ = try? service.create(
        RegisterDefinition(name: "r\(index)", type: type, initial: 1, ownerUser: 0))
    }
  }
}
