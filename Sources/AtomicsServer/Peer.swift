// SPDX-License-Identifier: Apache-2.0

import TLSSession

/// Who is on the other side of a connection.
struct Peer: Sendable {
  /// The user, as the kernel tells for a Unix socket; the server's own where nobody can tell.
  var user: UInt32
  /// Whether it came over the arena's own socket: it could map the arena, and may say what those
  /// who map it need, and hear who they are.
  var mapsArena: Bool
  /// Whether nobody on the way can read or change what is said.
  var isEncrypted = false
  /// Whom the client's certificate names, which was verified; nil: it showed none.
  var certificate: TLSPeerCertificate?
}
