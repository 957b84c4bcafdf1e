// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Watches over one connection: events, credits, ends.
@Suite struct BinarySessionWatchesTests {
  private typealias Waits = BinarySessionWaitsTests
  private static let u64 = Waits.u64

  private func watch(_ peer: BinaryPeer, _ frame: [UInt8]) throws -> (
    number: UInt32, rest: [WatchPush]
  ) {
    let frames = Waits.frames(peer.send(frame).answer)
    let first = try #require(frames.first)
    #expect(first.header.opcode == 0x52 && first.header.orderOrStatus == 0)
    return (first.header.handleOrAuxiliary, try pushes(Array(frames.dropFirst())))
  }

  private func pushes(_ frames: [(header: FrameHeader, body: [UInt8])]) throws -> [WatchPush] {
    try frames.map { try WatchPush(header: $0.header, body: $0.body.span) }
  }

  @Test("the answer comes first, then the present value, then what changes")
  func one() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Waits.open(peer, "n")
      let (number, first) = try watch(peer, WatchFrame.frame(handle: handle, sequence: 7))
      let register = try faces.service.find(Array("n".utf8).span)
      #expect(
        first == [
          WatchPush(
            .event, sequence: 7, watch: number, type: Self.u64, changes: 0, leftOut: 0,
            generation: register.generation, value: 0)
        ])
      _ = peer.send(try Waits.operate(.store, 5, handle: handle, sequence: 8))
      let news = try pushes(Waits.news(faces, peer))
      #expect(news.map(\.value) == [5] && news.map(\.changes) == [1])
      _ = peer.send(ControlFrame.request(.delete, name: "n", sequence: 9))
      let end = try pushes(Waits.news(faces, peer))
      #expect(end.map(\.kind) == [.deleted] && end.map(\.watch) == [number])
      #expect(
        try peer.status(of: ControlFrame.request(.unwatch, handle: number, sequence: 10))
          == .notFound)
    }
  }

  @Test("without credit changes are noted; with it they are pushed, as a GAP")
  func credits() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    (configuration.limits.eventCredits, configuration.limits.eventCreditLimit) = (1, 2)
    try Faces.use(configured: configuration) { faces in
      let peer = BinaryPeer(faces)
      let handle = try Waits.open(peer, "n")
      #expect(try watch(peer, WatchFrame.frame(handle: handle, sequence: 7)).rest.count == 1)
      for value in 1...5 as ClosedRange<UInt128> {
        _ = peer.send(try Waits.operate(.store, value, handle: handle, sequence: 8))
        #expect(Waits.news(faces, peer).isEmpty)
      }
      // A wait is answered all the same.
      let wait = WaitFrame(.equal, 5, timeoutMilliseconds: 9)
      #expect(
        try peer.status(of: wait.frame(type: Self.u64, handle: handle, sequence: 2)) == .ok)
      let gap = try pushes(
        Waits.frames(peer.send(CreditFrame(events: 1).frame(sequence: 9)).answer))
      #expect(gap.map(\.kind) == [.gap] && gap.map(\.value) == [5])
      #expect(gap.map(\.changes) == [5] && gap.map(\.leftOut) == [4])
      #expect(peer.send(CreditFrame(events: .max).frame(sequence: 9)).answer.isEmpty)
      for value in 6...9 as ClosedRange<UInt128> {
        _ = peer.send(try Waits.operate(.store, value, handle: handle, sequence: 8))
        #expect(Waits.news(faces, peer).count == (value < 8 ? 1 : 0))
      }
    }
  }

  @Test("a prefix by its name, with what comes and goes; the names are in the events")
  func prefix() throws {
    try Faces.use { faces in
      try faces.create("a/1", "u8", "3")
      try faces.create("b/1", "u8", "4")
      let peer = BinaryPeer(faces)
      let (number, _) = try watch(
        peer, WatchFrame.frame(name: "a/", isPrefix: true, sequence: 7))
      #expect(try pushes(Waits.news(faces, peer)).map(\.name) == ["a/1"])
      try faces.create("a/2", "f64", "1.5")
      let made = try pushes(Waits.news(faces, peer))
      #expect(made.map(\.name) == ["a/2"] && made.map(\.type.name) == ["f64"])
      #expect(made.map(\.value) == [Double(1.5).atomicBits])
      _ = peer.send(ControlFrame.request(.delete, name: "a/1", sequence: 9))
      let end = try pushes(Waits.news(faces, peer))
      #expect(end.map(\.kind) == [.deleted] && end.map(\.name) == ["a/1"])
      #expect(
        try peer.status(of: ControlFrame.request(.unwatch, handle: number, sequence: 10)) == .ok)
      try faces.create("a/3", "u8")
      #expect(Waits.news(faces, peer).isEmpty)
    }
  }

  @Test("limits are told in WELCOME, and say which they are")
  func limits() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    (configuration.limits.watches, configuration.limits.watchedRegisters) = (1, 1)
    try Faces.use(configured: configuration) { faces in
      let welcome = faces.context.welcome.limits
      #expect((welcome.watches, welcome.watchedRegisters) == (1, 1))
      #expect((welcome.eventCredits, welcome.eventCreditLimit) == (1024, 65_536))
      try faces.create("a/1", "u8")
      try faces.create("a/2", "u8")
      let peer = BinaryPeer(faces)
      let (number, _) = try watch(
        peer, WatchFrame.frame(name: "a/", isPrefix: true, sequence: 7))
      #expect(
        try peer.status(of: WatchFrame.frame(name: "a/", isPrefix: true, sequence: 8)) == .limit)
      let end = try #require(Waits.news(faces, peer).first { $0.header.orderOrStatus != 0 })
      #expect(end.header.opcode == 0xE2 && end.header.handleOrAuxiliary == number)
      let failure = WireFailure(status: .limit, body: end.body.span)
      #expect(failure.text.contains("at most 1 registers"))
      // The watch is gone, and there is room for another.
      _ = try watch(peer, WatchFrame.frame(name: "a/1", sequence: 9))
      #expect(try peer.status(of: WatchFrame.frame(name: "a/2", sequence: 9)) == .limit)
    }
  }

  @Test("reserved bits and unknown arguments are refused")
  func reserved() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Waits.open(peer, "n")
      let frame = WatchFrame.frame(handle: handle, sequence: 7)
      for (offset, byte, status) in [
        (1, 1, .unsupported), (1, 4, .unsupported), (2, 5, .badOperand), (3, 3, .badOperand),
        (7, 2, .badOperand), (7, 1, .unsupported), (20, 1, .badOperand),
      ] as [(Int, UInt8, Status)] {
        var wrong = frame
        wrong[offset] = byte
        #expect(try peer.status(of: wrong) == status, "byte \(offset) is \(byte)")
      }
      for frame in [
        CreditFrame(events: 1).frame(sequence: 1), CancelFrame(wait: 1).frame(sequence: 1),
        ControlFrame.request(.unwatch, handle: 1, sequence: 1),
      ] {
        for offset in [1, 2, 3, 7] {
          var wrong = frame
          wrong[offset] = 1
          let status = try peer.status(of: wrong)
          #expect(status == (offset == 1 ? .unsupported : .badOperand), "\(frame[0]) \(offset)")
        }
      }
    }
  }
}
