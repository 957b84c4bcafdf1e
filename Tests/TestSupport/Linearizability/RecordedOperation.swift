// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// One operation on a register, as the client saw it that asked for it.
public struct RecordedOperation: Sendable {
  /// Who asked. Operations of one lane take effect in the order in which they stand in the history,
  /// also where they were under way together, as those of one connection do. What is answered out
  /// of order (a wait, or calls of several tasks) has a lane of its own.
  public let lane: Int
  public let request: AtomicRequest
  /// What had to hold of the value for the operation to run at all: of a wait with an operation
  /// behind it. Nil: nothing.
  public let precondition: Precondition?
  /// Nanoseconds of the monotonic clock before the operation was sent.
  public let invoked: UInt64
  /// When its outcome was known; `.max` where it never was: the operation is pending, and took
  /// effect at some time after `invoked`, or never.
  public let responded: UInt64
  /// Nil of a pending operation.
  public let outcome: AtomicOutcome?

  public struct Precondition: Sendable {
    public let relation: ValueRelation
    public let value: UInt128

    public init(_ relation: ValueRelation, _ value: UInt128) {
      self.relation = relation
      self.value = value
    }
  }

  /// An operation with its outcome.
  public init(
    lane: Int, _ request: AtomicRequest, after precondition: Precondition? = nil,
    invoked: UInt64, responded: UInt64, _ outcome: AtomicOutcome
  ) {
    self.lane = lane
    self.request = request
    self.precondition = precondition
    self.invoked = invoked
    self.responded = responded
    self.outcome = outcome
  }

  /// An operation of which nobody knows what became of it. Its lane has no other after it, pending
  /// ones excepted: a client that goes on goes on in another lane.
  public init(
    pending lane: Int, _ request: AtomicRequest, after precondition: Precondition? = nil,
    invoked: UInt64
  ) {
    self.lane = lane
    self.request = request
    self.precondition = precondition
    self.invoked = invoked
    responded = .max
    outcome = nil
  }

  /// The same operation with another outcome: what a broken server would have told.
  public func telling(_ outcome: AtomicOutcome) -> RecordedOperation {
    RecordedOperation(
      lane: lane, request, after: precondition, invoked: invoked, responded: responded, outcome)
  }
}

/// All operations on one register, each lane's in the order in which they were sent.
public struct RegisterHistory: Sendable {
  public let name: String
  public let type: RegisterType
  public let initial: UInt128
  public var operations: [RecordedOperation]

  public init(
    _ name: String, _ type: RegisterType, initial: UInt128 = 0,
    _ operations: [RecordedOperation] = []
  ) {
    self.name = name
    self.type = type
    self.initial = initial
    self.operations = operations
  }
}

extension RecordedOperation: CustomStringConvertible {
  /// One line that says who did what, when, and what came of it.
  public var description: String {
    let type = request.type
    var words = ["lane \(lane):", request.operation.row.name]
    switch request.operation.operands {
    case .none: break
    case .operand: words.append(type.format(request.operand))
    case .expectedAndDesired:
      words += [request.relation.name, type.format(request.expected)]
      words += ["->", type.format(request.operand)]
    case .operandAndUnless:
      words += [type.format(request.operand), "unless", type.format(request.expected)]
    case .index: words.append("bit \(request.index)")
    }
    if request.operation == .exchange, request.mask != .max {
      words.append("mask \(type.maskType.format(request.mask))")
    }
    if let (least, greatest) = request.bounds {
      let range = "\(type.format(least))...\(type.format(greatest))"
      words.append("\(request.overflow.name) in \(range)")
    }
    if let precondition {
      words.append("once \(precondition.relation.name) \(type.format(precondition.value))")
    }
    guard let outcome else { return words.joined(separator: " ") + ", sent at \(invoked), pending" }
    let isBit = request.operation.isBitOperation
    let (old, new) = (outcome.old, outcome.new)
    if request.operation != .store {
      words.append("found \(isBit ? "\(old)" : type.format(old)),")
    }
    words.append("left \(isBit ? "\(new)" : type.format(new)),")
    if !outcome.succeeded { words.append("declined,") }
    return words.joined(separator: " ") + " within \(invoked)...\(responded)"
  }
}
