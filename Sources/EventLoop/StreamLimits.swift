// SPDX-License-Identifier: Apache-2.0

/// What one stream may hold; the same for all streams of a loop.
public struct StreamLimits: Hashable, Sendable {
  /// Bytes of input kept for a handler that has not consumed them. A handler that still asks for
  /// more when this much is waiting loses its stream with `.inputLimit`. At least 1.
  public var inputLimit: Int
  /// Unsent bytes from which a stream is neither read nor processed, until half of them are sent.
  /// One call of the handler may pass it by what that call appends. At least 1.
  public var outputHighWater: Int
  /// How long a closed stream still reads (and discards) what its peer sends, so that the peer
  /// gets the last answer instead of a reset.
  public var lingerNanoseconds: UInt64

  /// 1 MiB of body with 64 KiB around it, 256 KiB of output, one second.
  public init(
    inputLimit: Int = (1 << 20) + (64 << 10), outputHighWater: Int = 256 << 10,
    lingerNanoseconds: UInt64 = 1_000_000_000
  ) {
    precondition(inputLimit >= 1, "inputLimit must be at least 1, is \(inputLimit)")
    precondition(outputHighWater >= 1, "outputHighWater must be at least 1, is \(outputHighWater)")
    self.inputLimit = inputLimit
    self.outputHighWater = outputHighWater
    self.lingerNanoseconds = lingerNanoseconds
  }

  /// Resuming well below the mark saves a change of the epoll set per packet of a slow reader.
  var outputLowWater: Int { outputHighWater / 2 }
}
