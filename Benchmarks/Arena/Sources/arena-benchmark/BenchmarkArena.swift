// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Glibc
import SharedArena

/// An arena that this process serves, with registers of 8 bytes that are called by their numbers.
final class BenchmarkArena {
  let arena: Arena
  let path: String
  private static let batch = 1024
  private static let type = RegisterType.all.first { $0.name == "u64" }!

  /// Adopts the arena at `path`, or makes it, with room for as many registers as anybody measures.
  init(at path: String) throws(ArenaError) {
    self.path = path
    arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 1 << 24)).arena
  }

  /// Nanoseconds of one creation, for each batch.
  func create(_ numbers: Range<Int>) throws(ArenaError) -> [Double] {
    try inBatches(numbers) { names throws(ArenaError) in
      let registers = (0..<names.count).map {
        RegisterSpecification(name: names.string($0), type: Self.type, ownerUser: geteuid())
      }
      return try nanoseconds { () throws(ArenaError) in
        for register in registers {
          let isNew = try arena.create(register).created
          precondition(isNew, "\(register.name) exists")
        }
      }
    }
  }

  /// Nanoseconds of one deletion, for each batch.
  func delete(_ numbers: Range<Int>) throws(ArenaError) -> [Double] {
    try inBatches(numbers) { names throws(ArenaError) in
      let strings = (0..<names.count).map(names.string)
      return try nanoseconds { () throws(ArenaError) in
        for name in strings {
          let existed = try arena.delete(named: name)
          precondition(existed, "no \(name)")
        }
      }
    }
  }

  private func inBatches(
    _ numbers: Range<Int>, _ body: (Names) throws(ArenaError) -> Double
  ) throws(ArenaError) -> [Double] {
    var found: [Double] = []
    for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.batch) {
      let batch = start..<min(start + Self.batch, numbers.upperBound)
      found.append(try body(Names(batch)) / Double(batch.count))
    }
    return found
  }

  func handle(_ number: Int) -> RegisterHandle {
    let name = Names(CollectionOfOne(number)).string(0)
    guard let handle = arena.find(named: name) else {
      preconditionFailure("no register is called \(name)")
    }
    return handle
  }

  /// The memory of `dir` and `val` that is allocated, holes apart.
  var allocatedByteCount: Int {
    ["dir", "val"].map { name in
      var status = stat()
      // Safety: the structure outlives the call.
      precondition(unsafe stat("\(path)/\(name)", &status) == 0, "\(path)/\(name) is not there")
      return Int(status.st_blocks) * 512
    }.reduce(0, +)
  }
}
