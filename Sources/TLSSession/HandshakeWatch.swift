// SPDX-License-Identifier: Apache-2.0

/// Looks at what a client's handshake claims to be before the library does, which would make room
/// at once for all that a message says it has: 128 KiB for ten bytes.
///
///     record    type:1  version:2  length:2  payload          (RFC 8446 §5.1)
///     message   type:1  length:3   body                       (RFC 8446 §4)
///
/// A message may be spread over records in any way, and a record over reads. What is encrypted is
/// not looked at: there the library's own limits are small.
struct HandshakeWatch {
  /// Ten times what clients say; a chain of certificates fits in, too.
  static let messageLimit = 1 << 14

  private static let recordHeaderCount = 5
  private static let changeCipherSpec: UInt8 = 20
  private static let handshake: UInt8 = 22

  private var headerCount = 0
  private var type: UInt8 = 0
  private var payloadLeft = 0
  private var hasChangedCipher = false
  private var messageHeader: UInt32 = 0
  private var messageHeaderCount = 0
  private var messageLeft = 0

  /// Goes on to the end of a record at most, so that the library has taken all records before the
  /// next one is looked at.
  ///
  /// - Parameter encryptsRecords: Whether the version agreed on encrypts handshake records after
  ///   the change of the cipher: 1.2. With 1.3 that record means nothing, and what is encrypted is
  ///   no handshake record any more.
  /// - Returns: How many bytes the library may have; nil: a message is too long.
  mutating func next(_ bytes: Span<UInt8>, encryptsRecords: Bool) -> Int? {
    var index = 0
    while index < bytes.count {
      if headerCount < Self.recordHeaderCount {
        takeHeader(bytes[index])
        index &+= 1
      } else {
        let end = index &+ min(payloadLeft, bytes.count &- index)
        let isPlain = !(encryptsRecords && hasChangedCipher)
        if type == Self.handshake, isPlain, !follow(bytes.extracting(index..<end)) { return nil }
        payloadLeft &-= end &- index
        index = end
      }
      if headerCount == Self.recordHeaderCount, payloadLeft == 0 {
        headerCount = 0
        return index
      }
    }
    return index
  }

  private mutating func takeHeader(_ byte: UInt8) {
    switch headerCount {
    case 0: type = byte
    case 3: payloadLeft = Int(byte) &<< 8
    case 4: payloadLeft |= Int(byte)
    default: break
    }
    headerCount &+= 1
    if headerCount == Self.recordHeaderCount, type == Self.changeCipherSpec {
      hasChangedCipher = true
    }
  }

  /// - Returns: False where a message is too long.
  private mutating func follow(_ payload: Span<UInt8>) -> Bool {
    var index = 0
    while index < payload.count {
      if messageLeft > 0 {
        let count = min(messageLeft, payload.count &- index)
        messageLeft &-= count
        index &+= count
        continue
      }
      messageHeader = messageHeader &<< 8 | UInt32(payload[index])
      index &+= 1
      messageHeaderCount &+= 1
      guard messageHeaderCount == 4 else { continue }
      messageLeft = Int(messageHeader & 0xFF_FFFF)
      messageHeader = 0
      messageHeaderCount = 0
      guard messageLeft <= Self.messageLimit else { return false }
    }
    return true
  }
}
