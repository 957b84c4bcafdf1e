// SPDX-License-Identifier: Apache-2.0

/// What one connection asks for, over and over: drawn before the load, the same in every run and
/// for every target.
struct RequestSequence {
  struct Request: Equatable {
    /// Which part of the mix.
    var part: Int
    /// The number of the name, from 0.
    var name: Int
  }

  let requests: [Request]
  /// The names that this connection makes where they are missing: its share of all.
  let share: [Int]

  /// Requests of all connections to a target together, at least: what is drawn must look like the
  /// mix and the distribution.
  static let leastTotal = 1 << 16
  /// The most of them: they are held in memory.
  static let greatestTotal = 1 << 20

  /// - Parameters:
  ///   - connection: Its number among those to one target.
  ///   - connections: How many those are.
  init(_ plan: LoadPlan, connection: Int, of connections: Int, sampler: RankSampler) {
    share = Array(stride(from: connection, to: plan.names.count, by: connections))
    guard plan.names.count > 1 || plan.mix.parts.count > 1 else {
      requests = [Request](repeating: Request(part: 0, name: 0), count: plan.depth)
      return
    }
    // Four for each name: of names that are as likely, nearly all are asked for.
    let total = min(max(4 * plan.names.count, Self.leastTotal), Self.greatestTotal)
    let batches = max(1, (total / connections + plan.depth - 1) / plan.depth)
    var generator = RepeatableGenerator(seed: UInt64(connection) &+ 1)
    requests = (0..<(batches * plan.depth)).map { _ in
      Request(part: plan.mix.next(&generator), name: sampler.next(&generator))
    }
  }
}
