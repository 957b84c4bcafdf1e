// SPDX-License-Identifier: Apache-2.0

/// What a session tells without being asked, and for whom.
struct SessionEvent: Sendable {
  enum Kind: Sendable {
    case event(RegisterEvent)
    /// The watch was cut off, and has to be asked for on another connection: this one is to be
    /// left.
    case interrupted
    /// The watch has ended before the client said so, and why.
    case ended(ClientError)
  }

  /// The ticket of the watch's command.
  var ticket: UInt64
  var kind: Kind
}
