// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService
import TLSSession

/// Who is on the other side of a connection.
struct Peer: Sendable {
  /// The user, as the kernel tells for a Unix socket; the server's own where nobody can tell.
  var user: UInt32
  /// Whether it came over the arena's own socket: it could map the arena, and may say what those
  /// who map it need, and hear who they are.
  var mapsArena: Bool
  /// Whether it came over a Unix socket, so that `user` is who asks.
  var isLocal = false
  /// The groups of the process, as the kernel tells for a Unix socket.
  var groups: [UInt32] = []
  /// Where it came from, over TCP, as far as anybody wants to know.
  var address: SocketAddress?
  /// Whether nobody on the way can read or change what is said.
  var isEncrypted = false
  /// Whom the client's certificate names, which was verified; nil: it showed none.
  var certificate: TLSPeerCertificate?

  /// What it shows besides a token.
  var evidence: Evidence {
    Evidence(
      certificates: verifiedNames, user: isLocal ? user : nil, groups: groups)
  }

  private var verifiedNames: [String] {
    guard let certificate, certificate.isVerified else { return [] }
    let common = certificate.commonName.map { [$0] } ?? []
    return common + certificate.dnsNames + certificate.uris + certificate.emails
  }
}

extension Peer: CustomStringConvertible {
  /// Where it comes from, for the log.
  var description: String { isLocal ? "user \(user)" : address.map { "\($0)" } ?? "unknown" }
}
