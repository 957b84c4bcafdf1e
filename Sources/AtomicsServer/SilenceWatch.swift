// SPDX-License-Identifier: Apache-2.0

/// When a client of the binary protocol was last heard, and what its silence leads to.
///
///     silent for   keepalive   PING_CLIENT, to a client that answers, and again after each
///                              further such time: the fourth time ends the connection
///     asks nothing for idle    the connection ends
///
/// All times are nanoseconds of one monotonic clock. A watch without limits costs a look at a flag.
struct SilenceWatch {
  enum Finding: Equatable {
    case nothing
    /// Ask, with this sequence number.
    case ask(sequence: UInt32)
    /// End the connection, for this reason.
    case end(String)
  }

  /// How often a client is asked before it is given up.
  static let questions = 3

  /// 0: never.
  private let keepAlive: UInt64
  private let idle: UInt64
  private var heardAt: UInt64 = 0
  private var askedAt: UInt64 = 0
  private var unanswered = 0
  private var nextSequence: UInt32 = 1

  /// Watches nothing.
  init() { (keepAlive, idle) = (0, 0) }

  init(_ limits: ServerLimits, answersPings: Bool) {
    keepAlive = answersPings ? limits.keepAliveNanoseconds : 0
    idle = limits.idleNanoseconds
  }

  var isOn: Bool { keepAlive | idle != 0 }

  /// Bytes have come; `asks`: and something beside answers to questions.
  mutating func hear(at now: UInt64, asks: Bool) {
    heardAt = now
    unanswered = 0
    if asks { askedAt = now }
  }

  /// What was asked before is still waited for.
  mutating func keepAsking(at now: UInt64) { askedAt = now }

  /// What is to be done at `now`, and how long until the next look.
  mutating func look(at now: UInt64) -> Finding {
    if idle != 0, now &- askedAt >= idle {
      return .end(
        "nothing was asked for \(idle / 1_000_000_000) seconds; connect again when needed")
    }
    guard keepAlive != 0, now &- heardAt >= silenceAllowed else { return .nothing }
    guard unanswered < Self.questions else {
      return .end("\(Self.questions) PING_CLIENT had no answer; connect again")
    }
    unanswered += 1
    defer { nextSequence &+= 1 }
    return .ask(sequence: nextSequence)
  }

  private var silenceAllowed: UInt64 {
    keepAlive.multipliedReportingOverflow(by: UInt64(unanswered + 1)).partialValue
  }

  /// Nanoseconds from `now` until there is something to look at; nil: never.
  func delay(from now: UInt64) -> UInt64? {
    var due = UInt64.max
    if idle != 0 { due = askedAt &+ idle }
    if keepAlive != 0 { due = min(due, heardAt &+ silenceAllowed) }
    guard due != .max else { return nil }
    return due > now ? due - now : 0
  }
}
