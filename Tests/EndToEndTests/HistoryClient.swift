// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import TestSupport

/// A client whose every operation is recorded.
struct HistoryClient {
  /// How a client sends what it does.
  enum Manner: Sendable {
    /// One operation, then its answer.
    case oneByOne
    /// Up to sixteen operations, then their answers.
    case pipelined
    /// Pipelined, and now and then it is gone before the answers come.
    case leaving
  }

  let address: String
  let manner: Manner
  let shared: SharedHistory
  private(set) var recorder: HistoryRecorder
  private var mix: RequestMix
  /// The values that were seen last, by register.
  private var last: [UInt128]
  /// Lanes of clients that left are this far apart.
  private let laneStride: Int

  init(_ number: Int, of count: Int, at address: String, _ manner: Manner, _ shared: SharedHistory)
  {
    self.address = address
    self.manner = manner
    self.shared = shared
    recorder = HistoryRecorder(lane: number)
    mix = shared.mix(of: number)
    last = shared.registers.map { _ in 0 }
    laneStride = count
  }

  /// Does its share; `step` is called before each operation.
  mutating func run(step: () -> Void) throws {
    var left = shared.operationsPerClient
    var lives = 0
    while left > 0 {
      let client = try Self.connect(to: address, shared.registers)
      // A client that leaves does so four times.
      let life = manner == .leaving && lives < 4 ? min(left, shared.operationsPerClient / 5) : left
      lives += 1
      left -= life
      try run(life, on: client, isLast: left == 0, step)
    }
  }

  /// `address` is one of the library's, or `http1:HOST:PORT`.
  private static func connect(
    to address: String, _ registers: [SharedHistory.Register]
  ) throws -> any HistoryConnection {
    address.hasPrefix("http1:")
      ? try HTTP1Connection(host: String(address.dropFirst(6)), registers)
      : try LibraryConnection(ServerAddress(address), registers)
  }

  private mutating func run(
    _ count: Int, on client: any HistoryConnection, isLast: Bool, _ step: () -> Void
  ) throws {
    var left = count
    while left > 0 {
      let depth = manner == .oneByOne ? 1 : min(left, 1 + mix.below(16))
      left -= depth
      var sent: [Int] = []
      // A third of what is sent together is of one family on one register.
      let run = depth > 1 && mix.below(3) == 0 ? mix.family() : nil
      var register = mix.below(shared.registers.count)
      for _ in 0..<depth {
        step()
        if run == nil { register = mix.below(shared.registers.count) }
        let type = shared.registers[register].type
        let request =
          try run.map { family in try mix.next(inRun: family, on: type) }
          ?? mix.next(on: type, last: last[register])
        recorder.sends(request, to: register)
        try client.submit(request, on: register)
        sent.append(register)
      }
      // What the last few did nobody will learn, unless from the registers. They are few, as each
      // may have taken effect at any time from now on, which the check has to try.
      let answered = left == 0 && !isLast ? max(0, depth - 3) : depth
      if answered < depth { try client.flush() }
      for register in sent.prefix(answered) {
        let outcome = try client.nextOutcome()
        recorder.learns(outcome)
        // Of a bit operation the outcome tells a bit, which is a value like any other here.
        last[register] = outcome.new
      }
      if answered < depth { recorder.abandons(lane: recorder.lane + laneStride) }
    }
  }
}
