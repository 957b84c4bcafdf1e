// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging

extension ServerLimits {
  /// Lowers the number of connections to what the process may have descriptors for, after its own
  /// limit was raised as far as it goes.
  mutating func fit(threads: Int, _ logger: Logger) {
    // Each loop has two; then listeners, the arena's files, snapshots, `/proc`, and the
    // connections that are being refused.
    let others = 64 + 2 * max(1, threads) + RefusedConnection.limit
    let descriptors = DescriptorLimit.raise(to: connections + others)
    let room = max(1, descriptors - others)
    guard room < connections else { return }
    logger.warning(
      """
      the process may have \(descriptors) open files: at most \(room) connections instead of \
      \(connections); raise the limit (ulimit -n, LimitNOFILE=) or set limits.connections
      """)
    connections = room
  }
}
