// SPDX-License-Identifier: Apache-2.0

/// What there is to do next for a server's session, all at once: each question to a session is an
/// access of its own to its memory.
public struct HTTPOutlook: Sendable, Equatable {
  /// Close: nothing will be sent any more, and what still comes is discarded.
  public let isOver: Bool
  /// Whether there is a request to be handed over now.
  public let hasEvents: Bool
  /// Whether there is output to be taken now.
  public let hasOutput: Bool

  public init(isOver: Bool, hasEvents: Bool, hasOutput: Bool) {
    self.isOver = isOver
    self.hasEvents = hasEvents
    self.hasOutput = hasOutput
  }
}
