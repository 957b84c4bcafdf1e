// SPDX-License-Identifier: Apache-2.0

import RegisterService
import TLSSession
import TestSupport
import WireProtocol

@testable import AtomicsServer

/// Principals, each with a token of its own.
struct TokenRules {
  /// What each may do with which names.
  var grants: [(principal: String, prefix: String, rights: Rights)]

  init(_ grants: [(principal: String, prefix: String, rights: Rights)]) { self.grants = grants }

  /// The token of the principal called `name`, whether there is one or not.
  static func token(_ name: String) -> BearerToken {
    BearerToken(secret: SHA256.digest(name.utf8.span))
  }

  static func text(_ name: String) -> String { String(decoding: token(name).bytes, as: UTF8.self) }

  var rules: AccessRules {
    var principals: [AccessRules.Principal] = []
    for grant in grants {
      if let index = principals.firstIndex(where: { $0.name == grant.principal }) {
        principals[index].grants.append((grant.prefix, grant.rights))
      } else {
        principals.append(
          AccessRules.Principal(
            name: grant.principal,
            tokenDigests: [SHA256.digest(Self.token(grant.principal).bytes.span)],
            grants: [(grant.prefix, grant.rights)]))
      }
    }
    return AccessRules(principals)
  }

  var configuration: ServerConfiguration {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.access = rules
    return configuration
  }
}

extension BinaryPeer {
  /// A connection that has greeted with the token of the principal called `name`.
  static func greeting(
    _ faces: Faces, _ name: String, as peer: Peer = Peer(user: 1234, mapsArena: true)
  ) throws -> BinaryPeer {
    let new = BinaryPeer(faces, greets: false, as: peer)
    let answer = new.send(Hello(token: TokenRules.token(name)).bytes).answer
    guard try Welcome.decode(answer.span)?.0.status == .ok else { throw PeerError.noReply }
    return new
  }
}
