// SPDX-License-Identifier: Apache-2.0

/// How long a client leaves a server alone after a connection has failed: 50 ms, then twice as
/// long each time, to 5 s.
///
/// Each pause is cut by up to half, at random, so that the clients of a server that starts again
/// do not all come in the same moment.
struct ReconnectPolicy {
  /// Nanoseconds.
  static let shortest: UInt64 = 50_000_000
  /// Nanoseconds.
  static let longest: UInt64 = 5_000_000_000

  private var next = Self.shortest

  /// The next pause in nanoseconds; `random` is any number, all of them equally often.
  mutating func pause(random: UInt64) -> UInt64 {
    let whole = next
    next = min(next * 2, Self.longest)
    return whole - random % (whole / 2 + 1)
  }

  /// An answer has come. Whatever it says: a server that answers is one to come back to soon.
  mutating func answered(_ result: Result<ClientReply, ClientError>) {
    if case .failure(let error) = result, error.isConnectionFailure { return }
    succeeded()
  }

  /// A connection was of use: a call was answered, or it lasted. A greeting alone is none, nor is a
  /// watch that begins: both may be followed by the end for ever.
  mutating func succeeded() {
    next = Self.shortest
  }
}
