// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import RegisterService

/// Gives each new connection to the least busy loop. Lives on the first loop.
final class Acceptor {
  private let context: ServerContext
  private let loops: [EventLoop]
  private let benches: [Workbench]
  private let waits: [LoopWaits]
  private let logger: Logger
  private var isWarned = false

  init(
    _ context: ServerContext, _ loops: [EventLoop], _ benches: [Workbench], _ waits: [LoopWaits],
    _ logger: Logger
  ) {
    self.context = context
    self.waits = waits
    self.loops = loops
    self.benches = benches
    self.logger = logger
  }

  /// - Parameter mapsArena: Whether it came over the arena's own socket.
  func accept(_ socket: consuming Socket, mapsArena: Bool, _ encryption: Encryption) {
    var connections = 0
    var least = 0
    for (index, loop) in loops.enumerated() {
      connections += loop.streamCount
      if loop.streamCount < loops[least].streamCount { least = index }
    }
    guard connections < context.limits.connections else {
      if !isWarned {
        isWarned = true
        logger.warning(
          "connection limit reached; more are refused as they come",
          metadata: ["connections": "\(context.limits.connections)"])
      }
      if connections < context.limits.connections + RefusedConnection.limit {
        loops[least].handOver(socket) { RefusedConnection() }
      }
      return
    }
    isWarned = false
    let bench = benches[least]
    let waits = waits[least]
    let context = context
    let peer = peer(of: socket, mapsArena: mapsArena, encryption)
    loops[least].handOver(socket) { Connection(context, bench, waits.hub, peer, encryption) }
  }

  private func peer(of socket: borrowing Socket, mapsArena: Bool, _ encryption: Encryption) -> Peer
  {
    let credentials = socket.peerCredentials
    var peer = Peer(
      user: credentials?.user ?? context.ownUser, mapsArena: mapsArena,
      isLocal: credentials != nil)
    // Asked for only where somebody looks: the access rules, the logs.
    let hasRules = context.authenticator.control.isOn
    if hasRules { peer.groups = socket.peerGroups }
    if hasRules || encryption != .none || context.accessLog != nil {
      peer.address = socket.peerAddress
    }
    return peer
  }
}
