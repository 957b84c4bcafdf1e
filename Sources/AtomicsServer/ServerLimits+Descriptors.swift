// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging

extension ServerLimits {
  /// Lowers the number of connections to what the process may have descriptors for, after its own
  /// limit was raised as far as it goes.
  ///
  /// - Throws: ``ServerError/tooFewDescriptors(limit:needed:)`` where next to nobody could connect.
  mutating func fit(threads: Int, _ logger: Logger) throws(ServerError) {
    // Each loop has two; then listeners, the arena's files, snapshots, `/proc`, and the
    // connections that are being refused.
    let others = 64 + 2 * max(1, threads) + RefusedConnection.limit
    let descriptors = DescriptorLimit.raise(to: connections + others)
    let room = descriptors - others
    guard room < connections else { return }
    guard room >= Self.leastRoom else {
      throw .tooFewDescriptors(
        limit: descriptors, needed: others + min(connections, Self.leastRoom))
    }
    logger.warning(
      """
      the process may have \(descriptors) open files: at most \(room) connections instead of \
      \(connections); raise the limit (ulimit -n, LimitNOFILE=) or set limits.connections
      """)
    connections = room
  }

  /// Connections below which a lowered limit is no service any more.
  private static let leastRoom = 16
}
