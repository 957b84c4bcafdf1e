// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A handler that TLS may stand before.
protocol SecuredHandler: StreamHandler {
  /// TLS ends the connection, and why; `closed` follows.
  /// ``ClientError/unreachable(server:reason:)`` where the handshake came to nothing: the server
  /// took nothing in then.
  func connectionFailed(_ error: ClientError)
}
