// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc

/// Performs one operation on a cell, between two stops at which a tracer looks at what is executed.
///
///     probe TYPE OPERATION ORDER
@main
struct Probe {
  static func main() {
    let words = CommandLine.arguments
    guard words.count == 4, let type = RegisterType(name: words[1]),
      let operation = OperationName(words[2])?.operation, let order = MemoryOrder(name: words[3]),
      let request = try? AtomicRequest(operation, on: type, order: order)
    else { exit(2) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 16)
    let cell = AtomicCell(at: memory, type: type)
    // Once untraced, so that what is bound lazily is bound.
    _ = cell.perform(request)
    raise(SIGSTOP)
    let outcome = cell.perform(request)
    raise(SIGSTOP)
    exit(outcome.succeeded ? 0 : 1)
  }
}
