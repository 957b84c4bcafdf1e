// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// Looks for an order of a register's operations, one after the other, in which every client could
/// have seen what it saw, and in which no operation stands before one that had ended when it was
/// sent: the register is then linearizable (Herlihy and Wing 1990). Registers are checked one by
/// one, as several of them are linearizable together exactly if each is.
///
/// The search is that of Wing and Gong (1993) with Lowe's memory (2017): it goes on from a set of
/// operations that have taken effect, by each that may be the next, and never twice from the same
/// set with the same value. As the operations of a lane take effect in their order, a set is how
/// many each lane has behind it. An operation that was seen to change nothing goes first wherever
/// it fits: putting it off gains nothing, so that loads and refusals cost no choices.
///
/// - Complexity: O(lanes) a step. The steps are as many as the operations where what was seen
///   leaves no choice; at worst the product of the lanes' operations within one window of overlap
///   times the values that the register may then have, for each window. Histories stay cheap if
///   values are seldom the same, windows short, and pending operations few: those overlap with all
///   that follows. What is longer than `limit` is undecided, which a test must take for a failure.
public enum LinearizabilityChecker {
  public enum Verdict: Sendable {
    /// The operations in an order that explains them all, pending ones only where they were needed,
    /// and how many sets were looked at to find it.
    case linearizable(order: [RecordedOperation], steps: Int)
    case refused(LinearizabilityFailure)
    /// More than `limit` sets were looked at.
    case undecided(limit: Int)
    /// What was recorded is no history; the text says where.
    case invalid(String)

    public var isLinearizable: Bool {
      if case .linearizable = self { return true }
      return false
    }
  }

  /// Sets of operations with a value, after which the search is given up.
  public static let limit = 500_000

  public static func check(_ history: RegisterHistory, limit: Int = limit) -> Verdict {
    var lanes: [[RecordedOperation]] = []
    for (lane, operations) in Dictionary(grouping: history.operations, by: \.lane) {
      if let text = fault(in: operations) {
        return .invalid("\(history.name), lane \(lane): \(text)")
      }
      lanes.append(operations)
    }
    // The same search each time.
    lanes.sort { ($0[0].invoked, $0[0].lane) < ($1[0].invoked, $1[0].lane) }
    var search = LinearizabilitySearch(lanes, history)
    return search.run(limit: limit)
  }

  /// What contradicts that these operations were recorded by one lane.
  private static func fault(in operations: [RecordedOperation]) -> String? {
    var (invoked, responded) = (UInt64(0), UInt64(0))
    for operation in operations {
      guard operation.invoked <= operation.responded else { return "\(operation) ends early" }
      guard operation.invoked >= invoked, operation.responded >= responded else {
        return "\(operation) stands behind a later one"
      }
      (invoked, responded) = (operation.invoked, operation.responded)
    }
    return nil
  }
}

/// How far the search came, and what stood in its way.
public struct LinearizabilityFailure: Sendable {
  public let history: RegisterHistory
  /// The longest order that was found, and the value that it leaves.
  public let prefix: [RecordedOperation]
  public let value: UInt128
  /// What should have come next: the operation that had to, as it ended first, at the head.
  public let unplaced: [RecordedOperation]

  /// The end of the order, which explains the value; the rest only fills the screen.
  private static let shown = 12
}

extension LinearizabilityFailure: CustomStringConvertible {
  public var description: String {
    var lines = [
      "\(history.name) (\(history.type.name)) is not linearizable: of "
        + "\(history.operations.count) operations at most \(prefix.count) fit one after the other",
      "the last of them:",
    ]
    lines += prefix.suffix(Self.shown).map { "  \($0)" }
    lines.append("the value is then \(history.type.format(value)), where none of these fits:")
    for (index, operation) in unplaced.enumerated() {
      let (left, outcome) = RegisterModel.run(operation.request, on: value)
      let isBit = operation.request.operation.isBitOperation
      let found = isBit ? "bit \(outcome.old)" : history.type.format(outcome.old)
      lines.append(
        "  \(operation)" + (index == 0 ? " (no later than here)" : "") + ": it would find \(found)"
          + " and leave \(history.type.format(left))\(outcome.succeeded ? "" : ", declined")")
    }
    return lines.joined(separator: "\n")
  }
}
