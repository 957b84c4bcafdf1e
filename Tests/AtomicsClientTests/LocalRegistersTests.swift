// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import SharedArena
import TestSupport
import Testing

@testable import AtomicsClient

@Suite struct LocalRegistersTests {
  private let u64: RegisterType

  init() throws { u64 = try #require(RegisterType(name: "u64")) }

  @Test("the first create makes the arena, and before it there is none")
  func makesArena() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      let error = #expect(throws: ClientError.self) { try client.register(named: "hits") }
      guard case .arena? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let made = try client.create("hits", u64, initial: 41, label: "so many")
      #expect(made.created)
      #expect(try !client.create("hits", u64, initial: 7).created)
      let outcome = try client.perform(AtomicRequest(.increment, on: u64), on: made.register)
      #expect(outcome == AtomicOutcome(old: 41, new: 42))
      // The same memory, seen without the client.
      let arena = try Arena.open(at: path)
      let found = arena.find("hits".utf8.span)
      let handle = try #require(found)
      #expect(arena.cell(of: handle)?.load() == 42)
      let info = try client.info(named: "hits")
      #expect(info.label == "so many")
      #expect(info.details?.generation == made.register.generation)
    }
  }

  @Test("each vector runs on a cell as it says")
  func followsVectors() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      for vector in Vectors.accepted {
        let type = vector.registerType
        let register = try client.create("v.\(type.name)", type).register
        let start = try AtomicRequest(.store, on: type, operand: vector.bits(vector.initial))
        _ = try client.perform(start, on: register)
        let outcome = try client.perform(vector.request(), on: register)
        #expect(outcome == vector.outcome, "\(vector)")
        let end = try client.perform(AtomicRequest(.load, on: type), on: register)
        #expect(end.new == vector.bits(vector.final), "\(vector)")
      }
    }
  }

  @Test("a deleted register is gone for those who still refer to it, also when made again")
  func deletes() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      let old = try client.create("x", u64).register
      try client.delete("x")
      #expect(throws: ClientError.notFound(name: "x")) { try client.delete("x") }
      #expect(throws: ClientError.notFound(name: "x")) { try client.info(named: "x") }
      _ = try client.create("x", u64, initial: 5)
      let increment = try AtomicRequest(.increment, on: u64)
      #expect(throws: ClientError.notFound(name: "x")) { try client.perform(increment, on: old) }
      #expect(try client.info(named: "x").value == 5)
    }
  }

  @Test("a register of another arena is not taken for the one that was meant, alike as they are")
  func tellsArenasApart() throws {
    try withTemporaryArenaPath { path in
      try withTemporaryArenaPath { other in
        let plan = RegisterPlan(name: "x", type: u64)
        let meant = try LocalRegisters(path: path, options: .patient())
          .run(.create(plan)).asRegister().register
        let registers = LocalRegisters(path: other, options: .patient())
        let own = try registers.run(.create(plan)).asRegister().register
        #expect(own.generation == meant.generation && own.slot == meant.slot)
        let increment = try AtomicRequest(.increment, on: u64)
        #expect(throws: ClientError.notFound(name: "x")) {
          try registers.perform(increment, on: meant)
        }
        // Of the same one, mapped once more, it is what it was.
        let again = LocalRegisters(path: path, options: .patient())
        #expect(try again.perform(increment, on: meant).new == 1)
      }
    }
  }

  @Test("what cannot be is refused with the codes that servers use")
  func refuses() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      let u8 = try #require(RegisterType(name: "u8"))
      let register = try client.create("x", u8).register
      func code(_ body: () throws -> Void) -> String? {
        guard
          case .rejected(let code, let text, .no)? = #expect(
            throws: ClientError.self, performing: body)
        else { return nil }
        #expect(!text.isEmpty)
        return code
      }
      #expect(code { _ = try client.create("x", u64) } == "type-mismatch")
      #expect(code { _ = try client.create("a//b", u64) } == "invalid-name")
      #expect(code { _ = try client.register(named: "") } == "invalid-name")
      #expect(code { _ = try client.create("y", u64, label: "\u{1}") } == "invalid-value")
      #expect(code { _ = try client.create("y", u8, initial: 256) } == "value-out-of-range")
      let wide = try AtomicRequest(.add, on: u64, operand: 256)
      #expect(code { _ = try client.perform(wide, on: register) } == "type-mismatch")
      let far = try AtomicRequest(.bitTestSet, on: u64, index: 8)
      #expect(code { _ = try client.perform(far, on: register) } == "type-mismatch")
      // The same bits mean another number, and another range.
      let float = try client.create("f", #require(RegisterType(name: "f32"))).register
      let add = try AtomicRequest(.add, on: #require(RegisterType(name: "u32")), operand: 1)
      #expect(code { _ = try client.perform(add, on: float) } == "type-mismatch")
      let signed = try client.create("s", #require(RegisterType(name: "i8"))).register
      let bounded = try AtomicRequest(
        .add, on: u8, modifier: .overflow(.fail, greatest: 200), operand: 1)
      #expect(code { _ = try client.perform(bounded, on: signed) } == "type-mismatch")
    }
  }

  @Test("listing walks through all registers by pages, and honours a prefix")
  func lists() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      for number in 0..<25 {
        _ = try client.create("\(number % 2 == 0 ? "a" : "b").\(number)", u64)
      }
      func all(_ prefix: String) throws -> [String] {
        var names: [String] = []
        var cursor: UInt64? = 0
        while let from = cursor {
          let page = try client.list(prefix: prefix, from: from, limit: 4)
          #expect(page.registers.count <= 4)
          names += page.registers.map(\.name)
          cursor = page.next
        }
        return names
      }
      #expect(try all("").count == 25)
      #expect(Set(try all("")).count == 25)
      #expect(try all("b.").count == 12)
      #expect(try all("c").isEmpty)
    }
  }

  @Test("outcomes submitted to the map come in order")
  func pipelines() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      let register = try client.create("x", u64).register
      let increment = try AtomicRequest(.increment, on: u64)
      for _ in 0..<10 { try client.submit(increment, on: register) }
      #expect(client.pendingCount == 10)
      for old in 0..<10 { #expect(try client.nextOutcome().old == UInt128(old)) }
      #expect(throws: ClientError.self) { try client.nextOutcome() }
    }
  }

  @Test("a location names the file, and the place of the value in it")
  func locates() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      let u32 = try #require(RegisterType(name: "u32"))
      _ = try client.create("x", u32, initial: 0x0403_0201)
      let place = try RegisterLocation(of: "x", inArenaAt: path)
      #expect(place.width == 4)
      #expect(place.lockByte >= 1 << 62)
      #expect(try Self.bytes(of: place) == [1, 2, 3, 4])
      #expect(throws: ClientError.notFound(name: "y")) {
        try RegisterLocation(of: "y", inArenaAt: path)
      }
    }
  }

  private static func bytes(of place: RegisterLocation) throws -> [UInt8] {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: place.file))
    try file.seek(toOffset: UInt64(place.offset))
    return Array(try file.read(upToCount: place.width) ?? Data())
  }
}
