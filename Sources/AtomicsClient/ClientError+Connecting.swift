// SPDX-License-Identifier: Apache-2.0

package import EventLoop

extension ClientError {
  /// The error that a failed connect to `server` is.
  package init(connecting error: EventLoopError, to server: String) {
    switch error {
    case .invalidAddress(let text, let reason): self = .usage("`\(text)`: \(reason).")
    case .cannotConnect(let address, _):
      // The server is named already.
      let reason = error.description.dropFirst("cannot connect to \(address): ".count)
      self = .unreachable(server: server, reason: String(reason))
    case .timedOut: self = .unreachable(server: server, reason: "no answer in time")
    default: self = .unreachable(server: server, reason: error.description)
    }
  }
}
