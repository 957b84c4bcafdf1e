// SPDX-License-Identifier: Apache-2.0
import Logging
import Settings

/// The file of the server's private key, as far as who may read it goes.
struct PrivateKeyFile: Sendable {
  let path: String
  let logger: Logger

  /// Warns where any user of the machine may read the key: whoever has it can be this server.
  func warn() {
    guard FilePermissions(ofFileAt: path)?.everybodyMayRead ?? false else { return }
    logger.warning(
      "any user of this machine may read the private key: chmod o-r", metadata: ["file": "\(path)"])
  }
}
