// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop

/// One connection's protocol, without its socket and without what is measured.
///
/// First come exchanges that set the connection up: ``begin(into:)``, then ``settle(_:into:)``
/// until ``isSettled``; then the load; in the end perhaps ``beginCleaning(into:)``, and
/// ``settle(_:into:)`` again.
protocol LoadWire {
  /// Says what opens the connection.
  mutating func begin(into output: inout OutputBuffer)

  /// Takes answers to the setup, or to the cleaning, from the front of `input` and goes on with it.
  ///
  /// - Returns: How many bytes were taken.
  mutating func settle(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int

  /// Whether nothing of the setup, or of the cleaning, is left.
  var isSettled: Bool { get }

  /// Appends the next `count` requests of the load.
  mutating func append(_ count: Int, to output: inout OutputBuffer) throws(ClientError)

  /// Takes answers to the load, all of `input`.
  ///
  /// - Returns: How many requests were answered to their ends.
  /// - Throws: What the server refused, or did not say as the protocol demands.
  mutating func take(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int

  /// Which requests the last `take` has found answered, by their number within the load; nil: they
  /// were answered in the order in which they were sent. Asked for in the open loop only.
  var answered: [Int]? { get }

  /// Begins to delete what the setup has made.
  mutating func beginCleaning(into output: inout OutputBuffer)
}

extension LoadWire {
  var answered: [Int]? { nil }
}
