// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// How often somebody may be wrong: ten times at once, then once a second.
///
/// Sources share a table of fixed size, and now and then a place in it: it is for wrong tokens
/// only, and nobody with a right one is ever kept waiting.
struct FailureLimiter: Sendable {
  static let burst = 10
  static let nanosecondsPerFailure: UInt64 = 1_000_000_000
  /// Places of the table, 16 bytes each.
  static let size = 1024

  private struct Place {
    /// Failures that may still come at once.
    var left = UInt64(FailureLimiter.burst)
    var nanoseconds: UInt64 = 0
  }

  private var places = [Place](repeating: Place(), count: size)

  /// Counts a failure of `source`.
  ///
  /// - Parameter nanoseconds: Now, by a clock that never goes back.
  /// - Returns: Whether it is one too many.
  mutating func isExceeded(by source: Source, at nanoseconds: UInt64) -> Bool {
    // Seeded anew in every process: nobody can choose whom to share a place with.
    let index = Int(UInt(bitPattern: source.hashValue) % UInt(Self.size))
    var place = places[index]
    let earned = (nanoseconds &- place.nanoseconds) / Self.nanosecondsPerFailure
    if earned > 0 {
      place.left = min(UInt64(Self.burst), place.left + min(earned, UInt64(Self.burst)))
      place.nanoseconds = nanoseconds
    }
    defer { places[index] = place }
    guard place.left > 0 else { return true }
    place.left -= 1
    return false
  }

  /// Whom failures are counted for.
  enum Source: Hashable {
    case user(UInt32)
    case ipv4(UInt32)
    /// One customer has a whole /64 of addresses (RFC 6177).
    case ipv6(UInt64)
    case unknown

    init(_ peer: Peer) {
      switch peer.address {
      case .ipv4(let address, _): self = .ipv4(address)
      case .ipv6(let high, _, _): self = .ipv6(high)
      default: self = peer.isLocal ? .user(peer.user) : .unknown
      }
    }
  }
}
