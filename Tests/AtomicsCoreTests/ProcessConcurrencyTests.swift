// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Foundation
import Testing

/// Processes on one shared mapping: what each did is there, whoever did it.
@Suite(.serialized) struct ProcessConcurrencyTests {
  static let processes = 4
  static let turns = 5_000

  /// Zeroed memory that children of this process share, each at an address of its own choosing only
  /// in so far as the kernel says; the parent's test ends with it.
  private static func sharedMemory() throws -> UnsafeMutableRawBufferPointer {
    let page = unsafe mmap(
      nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    let base = unsafe try #require(page != MAP_FAILED ? page : nil)
    return unsafe UnsafeMutableRawBufferPointer(start: base, count: 4096)
  }

  /// Runs `body` in as many processes as told, and waits until all have ended with success.
  private static func inProcesses(_ body: (Int) -> Bool) throws {
    // Safety: fork has this signature. A child calls only the library, the kernel and _exit.
    let symbol = unsafe try #require(dlsym(nil, "fork"))
    let fork = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
    var children: [Int32] = []
    for index in 0..<processes {
      let child = fork()
      if child == 0 {
        alarm(60)
        _exit(body(index) ? 0 : 1)
      }
      children.append(child)
    }
    for child in children {
      var status: Int32 = -1
      // Safety: `status` outlives the call.
      let waited = unsafe waitpid(child, &status, 0)
      #expect(waited == child && status == 0)
    }
  }

  @Test("totals of every family are exact at every width")
  func totals() async {
    await #expect(processExitsWith: .success) {
      for width in AtomicWidth.allCases {
        guard let type = RegisterType(kind: .unsigned, width: width) else { continue }
        let shared = try unsafe ProcessConcurrencyTests.sharedMemory()
        func cell(_ line: Int) throws -> AtomicCell {
          try unsafe AtomicCell(in: shared, at: 128 * line, type: type)
        }
        let (sum, swapped, bits, least, limited) = (
          try cell(0), try cell(1), try cell(2), try cell(3), try cell(4)
        )
        least.store(type.width.mask)
        let requests = try (
          add: AtomicRequest(.add, on: type, order: .relaxed, operand: 3),
          inc: AtomicRequest(.increment, on: type, order: .relaxed),
          limited: AtomicRequest(
            .increment, on: type, modifier: .overflow(.fail, greatest: 100), order: .relaxed)
        )
        try ProcessConcurrencyTests.inProcesses { process in
          do {
            let bit = (process + 1) * width.bitCount / ProcessConcurrencyTests.processes - 1
            let lower = try AtomicRequest(
              .min, on: type, order: .relaxed,
              operand: UInt128(100 - process))
            for _ in 0..<ProcessConcurrencyTests.turns {
              _ = sum.perform(requests.add)
              var expected = swapped.load(order: .relaxed)
              while true {
                let outcome = try swapped.perform(
                  .compareExchangeWeak, operand: (expected + 1) & width.mask, expected: expected,
                  order: .relaxed)
                if outcome.succeeded { break }
                expected = outcome.old
              }
              // A bit of this process's own: nobody else moves it.
              guard try bits.perform(.bitTestSet, index: bit).old == 0,
                try bits.perform(.bitTestReset, index: bit).old == 1
              else { return false }
              _ = limited.perform(requests.limited)
            }
            _ = least.perform(lower)
            return true
          } catch {
            return false
          }
        }
        let count = UInt128(ProcessConcurrencyTests.processes * ProcessConcurrencyTests.turns)
        #expect(sum.load() == 3 * count & width.mask)
        #expect(swapped.load() == count & width.mask)
        #expect(bits.load() == 0 && limited.load() == 100)
        #expect(least.load() == UInt128(101 - ProcessConcurrencyTests.processes))
      }
    }
  }

  @Test("every ticket of an increment is drawn once, whichever process draws it")
  func tickets() async {
    await #expect(processExitsWith: .success) {
      let shared = try unsafe ProcessConcurrencyTests.sharedMemory()
      let next = try unsafe AtomicUInt<UInt64>(in: shared, at: 0)
      let drawn = try unsafe AtomicUInt<UInt64>(in: shared, at: 128)
      try ProcessConcurrencyTests.inProcesses { _ in
        for _ in 0..<ProcessConcurrencyTests.turns { drawn.add(next.fetchInc(order: .relaxed)) }
        return true
      }
      let count = UInt64(ProcessConcurrencyTests.processes * ProcessConcurrencyTests.turns)
      #expect(next.load() == count && drawn.load() == count * (count - 1) / 2)
    }
  }
}
