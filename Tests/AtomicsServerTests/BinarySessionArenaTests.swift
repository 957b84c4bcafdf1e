// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Glibc
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer
@testable import SharedArena

/// DELETE_OWNED, ARENA_STAT and PIN, as the server answers them.
@Suite struct BinarySessionArenaTests {
  private static let u64 = RegisterType(name: "u64")!

  private func create(_ peer: BinaryPeer, _ name: String, tag: UInt64 = 42) throws {
    let frame = CreateFrame(name: name, type: Self.u64, ownerTag: tag)
    #expect(try peer.status(of: frame.frame(sequence: 1)) == .ok)
  }

  @Test("DELETE_OWNED deletes what the connection's user made with this tag, part by part")
  func deleteOwned() throws {
    try Faces.use { faces in
      let mine = BinaryPeer(faces, as: Peer(user: 7, mapsArena: false))
      let his = BinaryPeer(faces, as: Peer(user: 8, mapsArena: false))
      for index in 0..<150 { try create(mine, "m\(index)") }
      try create(his, "his")
      try create(mine, "other", tag: 43)
      var (deleted, requests, cursor) = (0, 0, UInt64(0))
      repeat {
        let frame = DeleteOwnedFrame(ownerTag: 42, cursor: cursor)
        let reply = try mine.reply(to: frame.frame(sequence: 5))
        #expect(reply.header.orderOrStatus == Status.ok.rawValue && reply.header.sequence == 5)
        let part = try DeleteOwnedReply(body: reply.body.span)
        #expect(part.next == 0 || part.next > cursor)
        deleted += Int(part.deleted)
        requests += 1
        cursor = part.next
      } while cursor != 0
      let most = ExecutionBudget.turn / ExecutionBudget.create
      #expect(deleted == 150 && requests == (150 + most - 1) / most)
      let left = try faces.service.list(from: 0, prefix: [UInt8]().span, limit: 10).registers
      #expect(left.map(\.name) == ["his", "other"])
    }
  }

  @Test("a turn ends after one DELETE_OWNED: others get theirs")
  func budget() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let frame = DeleteOwnedFrame(ownerTag: 42).frame(sequence: 5)
      let (progress, answer) = peer.send(frame + frame)
      #expect(progress == StreamProgress(consumed: frame.count, next: .yield))
      #expect(answer.count == 32)
    }
  }

  @Test("wrong DELETE_OWNED, ARENA_STAT and PIN get their status")
  func refusals() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces, as: Peer(user: 0, mapsArena: true))
      var untagged = DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1)
      untagged[16] = 0
      let status = try peer.status(of: untagged)
      #expect(status == .badOperand)
      var flagged = DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1)
      flagged[1] = FrameFlag.name
      #expect(try peer.status(of: flagged) == .unsupported)
      let stat = ControlFrame.request(.arenaStat, sequence: 1)
      for (offset, status) in [
        (1, Status.unsupported), (2, .badOperand), (3, .badOperand), (7, .badOperand),
        (12, .badOperand),
      ] {
        var wrong = stat
        wrong[offset] = 2
        #expect(try peer.status(of: wrong) == status, "byte \(offset)")
      }
      var long = stat + [0, 0, 0, 0, 0, 0, 0, 0]
      long[4] = 8
      #expect(try peer.status(of: long) == .badOperand)
      #expect(peer.wakes.value == 0)
      let pin = ControlFrame.request(.pin, name: "none", sequence: 1)
      #expect(try peer.status(of: pin) == .notFound)
      var policy = pin
      policy[18] = 1
      #expect(try peer.status(of: policy) == .badOperand)
      var longer = pin + [0, 0, 0, 0, 0, 0, 0, 0]
      longer[4] += 8
      #expect(try peer.status(of: longer) == .badOperand)
    }
  }

  @Test("PIN is for those who came over the arena's own socket")
  func pin() throws {
    try Faces.use { faces in
      let local = BinaryPeer(faces, as: Peer(user: 7, mapsArena: true))
      let remote = BinaryPeer(faces, as: Peer(user: 7, mapsArena: false))
      try create(local, "hits")
      let pin = ControlFrame.request(.pin, name: "hits", sequence: 1)
      let stat = ControlFrame.request(.stat, name: "hits", sequence: 1)
      func isPinned() throws -> Bool {
        let reply = try remote.reply(to: stat)
        return try StatReply(header: reply.header, body: reply.body.span).isPinned
      }
      #expect(try remote.status(of: pin) == .denied)
      #expect(try !isPinned())
      #expect(try local.status(of: pin) == .ok)
      #expect(try isPinned())
    }
  }

  @Test("ARENA_STAT waits for its figures, and what is behind it waits too")
  func arenaStat() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces, as: Peer(user: 0, mapsArena: true))
      try create(peer, "a")
      let stat = ControlFrame.request(.arenaStat, sequence: 2)
      let ping = ControlFrame.ping([], sequence: 3)
      let first = peer.send(ping + stat + ping)
      #expect(first.progress == StreamProgress(consumed: 16, next: .wait))
      #expect(first.answer.count == 16)
      #expect(peer.session.awaitedSummary != nil)
      try peer.wakes.wait(for: 1)
      let (progress, answer) = peer.send(stat + ping)
      #expect(progress == StreamProgress(consumed: 32, next: .needInput))
      #expect(peer.session.awaitedSummary == nil)
      let header = FrameHeader(answer.span.littleEndian64(at: 0), answer.span.littleEndian64(at: 8))
      #expect(header.opcode == 0x17 && header.sequence == 2)
      let end = 16 + Int(header.bodyByteCount)
      #expect(answer.count == end + 16)
      let report = try ArenaStatReply(header: header, body: answer.span.extracting(16..<end))
      #expect((report.live, report.capacity) == (1, 1 << 16))
      #expect(report.attachments.map(\.lockByte) == [faces.arena.lockByte])
      #expect(report.attachments[0].processes.map(\.identifier) == [UInt32(getpid())])
      #expect(report.attachments[0].processesLeftOut == 0)
      // For a while others get the same figures at once.
      let other = BinaryPeer(faces, as: Peer(user: 0, mapsArena: true))
      let again = try other.reply(to: stat)
      #expect(try ArenaStatReply(header: again.header, body: again.body.span) == report)
      #expect(other.wakes.value == 0)
      // Over other sockets the same without the processes.
      let remote = BinaryPeer(faces, as: Peer(user: 0, mapsArena: false))
      let unnamed = try remote.reply(to: stat)
      var expected = report
      expected.attachments[0].processes = []
      expected.attachments[0].processesLeftOut = 1
      #expect(try ArenaStatReply(header: unnamed.header, body: unnamed.body.span) == expected)
    }
  }

  @Test("ARENA_STAT tells what was found damaged")
  func damage() throws {
    try Faces.use { faces in
      func damage() throws -> ArenaStatReply.Damage? {
        let peer = BinaryPeer(faces)
        let stat = ControlFrame.request(.arenaStat, sequence: 2)
        if peer.send(stat).progress.next == .wait { try peer.wakes.wait(for: 1) }
        let reply = try peer.reply(to: stat)
        return try ArenaStatReply(header: reply.header, body: reply.body.span).damage
      }
      faces.arena.note(.cell(register: "a"))
      let found = try #require(try damage())
      #expect(found.count == 1 && !found.isUnrepaired)
      #expect(found.last == "\(Damage.cell(register: "a"))")
      #expect(found.lastUnixNanoseconds > 1 << 60)
    }
  }
}
