// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import TLSSession

/// The certificates that new connections get. Those that exist keep theirs.
final class CurrentTLS: Sendable {
  private let configuration: TLSConfiguration
  private let state: Mutex<TLSContext>

  /// - Throws: With the file that cannot be used, and why.
  init(_ configuration: TLSConfiguration, _ logger: Logger) throws(TLSError) {
    self.configuration = configuration
    let context = try configuration.makeContext()
    state = Mutex(context)
    for warning in context.warnings { logger.warning("\(warning)") }
  }

  /// Asked once for each encrypted connection.
  var context: TLSContext { state.withLock { $0 } }

  /// Reads the files again; what is wrong with one leaves all as it was.
  func reload(_ logger: Logger) {
    do throws(TLSError) {
      let context = try configuration.makeContext()
      state.withLock { $0 = context }
      logger.notice(
        "TLS certificate loaded again",
        metadata: ["certificate": "\(configuration.certificatePath)"])
      for warning in context.warnings { logger.warning("\(warning)") }
    } catch {
      logger.error("the TLS certificate stays as it was: \(error)")
    }
  }
}
