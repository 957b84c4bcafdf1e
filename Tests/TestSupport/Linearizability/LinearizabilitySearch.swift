// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The search of one register's order: depth first, with a stack of its own.
struct LinearizabilitySearch {
  /// What may take effect next: the first operation that a lane has not behind it, and what it
  /// leaves.
  private struct Step {
    let lane: Int
    let left: UInt128
  }

  /// A set of operations that have taken effect, and what is still to be tried from there.
  private struct Turn {
    let value: UInt128
    var steps: [Step]
    /// The lane whose operation led here; nil of the first.
    let lane: Int?
  }

  /// A set of operations, told by how many of each lane are in it, and the value they left.
  private struct Configuration: Hashable {
    let positions: [Int32]
    let value: UInt128
    /// Follows from the positions; spares hashing them all.
    let fingerprint: UInt64

    func hash(into hasher: inout Hasher) {
      hasher.combine(fingerprint)
      hasher.combine(value)
    }
  }

  private let history: RegisterHistory
  private let lanes: [[RecordedOperation]]
  /// A random multiplier for each lane.
  private let factors: [UInt64]
  private var positions: [Int32]
  /// When the first operation that each lane has not behind it was sent and answered; `.max` where
  /// there is none. Kept, as every step looks at all of them.
  private var invoked: [UInt64]
  private var responded: [UInt64]
  private var fingerprint: UInt64 = 0
  private var seen: Set<Configuration> = []
  private var stack: [Turn] = []
  /// Operations with an outcome that have not taken effect.
  private var left: Int
  private var furthest: LinearizabilityFailure

  init(_ lanes: [[RecordedOperation]], _ history: RegisterHistory) {
    self.history = history
    self.lanes = lanes
    var random = SeededGenerator(seed: 1)
    factors = lanes.map { _ in random.next() }
    positions = lanes.map { _ in 0 }
    invoked = lanes.map { $0[0].invoked }
    responded = lanes.map { $0[0].responded }
    left = history.operations.count { $0.outcome != nil }
    furthest = LinearizabilityFailure(
      history: history, prefix: [], value: history.initial, unplaced: [])
  }

  mutating func run(limit: Int) -> LinearizabilityChecker.Verdict {
    stack = [Turn(value: history.initial, steps: steps(on: history.initial), lane: nil)]
    while left > 0 {
      guard let turn = stack.last else { return .refused(furthest) }
      guard let step = turn.steps.last else {
        leave(turn)
        continue
      }
      stack[stack.count - 1].steps.removeLast()
      move(step.lane, by: 1)
      let configuration = Configuration(
        positions: positions, value: step.left, fingerprint: fingerprint)
      guard seen.insert(configuration).inserted else {
        move(step.lane, by: -1)
        continue
      }
      if seen.count > limit { return .undecided(limit: limit) }
      stack.append(Turn(value: step.left, steps: steps(on: step.left), lane: step.lane))
    }
    return .linearizable(order: order, steps: seen.count)
  }

  /// Back from where nothing fits any more.
  private mutating func leave(_ turn: Turn) {
    if stack.count > furthest.prefix.count + 1 || furthest.unplaced.isEmpty {
      furthest = LinearizabilityFailure(
        history: history, prefix: order, value: turn.value, unplaced: candidates)
    }
    stack.removeLast()
    if let lane = turn.lane { move(lane, by: -1) }
  }

  private mutating func move(_ lane: Int, by count: Int32) {
    let index = Int(min(positions[lane], positions[lane] + count))
    if lanes[lane][index].outcome != nil { left -= Int(count) }
    positions[lane] += count
    let position = Int(positions[lane])
    let isOver = position == lanes[lane].count
    invoked[lane] = isOver ? .max : lanes[lane][position].invoked
    responded[lane] = isOver ? .max : lanes[lane][position].responded
    fingerprint &+= factors[lane] &* UInt64(bitPattern: Int64(count))
  }

  /// The operations that led to where the search stands.
  private var order: [RecordedOperation] {
    var next = lanes.map { _ in 0 }
    return stack.compactMap(\.lane).map { lane in
      defer { next[lane] += 1 }
      return lanes[lane][next[lane]]
    }
  }

  /// The operations that may be next, by when they ended: none that was sent after another ended
  /// which has not taken effect.
  private var candidates: [RecordedOperation] {
    let firsts = lanes.indices.compactMap { lane in
      let position = Int(positions[lane])
      return position < lanes[lane].count ? lanes[lane][position] : nil
    }
    let end = firsts.map(\.responded).min() ?? 0
    return firsts.filter { $0.invoked <= end }.sorted { $0.responded < $1.responded }
  }

  /// What can be done next, the likeliest last: operations took effect about as they ended.
  private func steps(on value: UInt128) -> [Step] {
    let end = responded.min() ?? 0
    var steps: [Step] = []
    for lane in lanes.indices where invoked[lane] <= end {
      let position = Int(positions[lane])
      guard position < lanes[lane].count else { continue }
      let operation = lanes[lane][position]
      let values = RegisterModel.values(after: operation, on: value)
      if operation.changesNothing, !values.isEmpty { return [Step(lane: lane, left: value)] }
      steps += values.map { Step(lane: lane, left: $0) }
    }
    return steps.sorted { responded[$0.lane] > responded[$1.lane] }
  }
}
