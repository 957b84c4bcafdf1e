// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// What the connections of one loop use in turn, so that none needs its own.
///
/// Sendable because: only the thread of its loop uses it.
final class Workbench: @unchecked Sendable {
  let clock = WallClock()
  let handshakes = Handshakes()
  /// What a speech says over TLS before it is encrypted.
  var speaking: OutputBuffer
  /// Decrypted bytes, and encrypted ones on their way out.
  private var plain: [UInt8] = []
  var encrypted: [UInt8] = []

  /// What an empty buffer may keep.
  private static let retainedCapacity = 512 << 10

  init(_ limits: StreamLimits) {
    speaking = OutputBuffer(highWater: limits.outputHighWater)
  }

  /// An empty array with room.
  func takePlain() -> [UInt8] {
    let taken = plain
    plain = []
    return taken
  }

  /// Takes the array back, for the next connection.
  func putBack(_ used: consuming [UInt8]) {
    guard used.capacity <= Self.retainedCapacity, used.capacity > plain.capacity else { return }
    used.removeAll(keepingCapacity: true)
    plain = used
  }

  /// Forgets what was sent.
  func emptyEncrypted() {
    encrypted.removeAll(keepingCapacity: encrypted.capacity <= Self.retainedCapacity)
  }
}
