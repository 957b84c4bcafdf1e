// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Testing

@testable import AtomicsClient

@Suite struct HandleMemoryTests {
  private let type: RegisterType
  private var memory = HandleMemory<Int>(connection: 2, arena: ArenaMark(9))

  init() throws {
    type = try #require(RegisterType(name: "u64"))
  }

  private func register(
    connection: UInt64, handle: UInt32 = 7, generation: UInt64 = 3, slot: UInt32 = 4,
    arena: UInt128? = 9
  ) -> RegisterReference {
    RegisterReference(
      name: "x", type: type, generation: generation,
      place: .remote(connection: connection, handle: handle), slot: slot,
      arena: arena.map { ArenaMark($0) })
  }

  private func describe(_ verdict: HandleMemory<Int>.Verdict) -> String {
    switch verdict {
    case .asItIs: return "as it is"
    case .renewed(let register):
      guard case .remote(let connection, let handle) = register.place else { return "?" }
      return "\(connection)/\(handle)"
    case .gone: return "gone"
    case .open: return "open"
    case .opening: return "opening"
    }
  }

  private mutating func verdict(_ register: RegisterReference, _ asker: Int = 0) -> String {
    describe(memory.verdict(on: register, for: asker))
  }

  @Test("a reference of this connection, and one without a handle, are used as they are")
  mutating func passes() {
    #expect(verdict(register(connection: 2)) == "as it is")
    let byName = RegisterReference(
      name: "x", type: type, generation: 0, place: .byName(connection: 1))
    #expect(verdict(byName) == "as it is")
    var http = HandleMemory<Int>(connection: 2)
    #expect(describe(http.verdict(on: register(connection: 1), for: 0)) == "as it is")
  }

  @Test("one of another transport that tells its generation is opened and compared as well")
  mutating func opensMapped() {
    var mapped = RegisterReference(
      name: "x", type: type, generation: 3, place: .byName(connection: 1), slot: 4)
    #expect(verdict(mapped) == "gone")
    mapped.arena = ArenaMark(9)
    #expect(verdict(mapped) == "open")
  }

  @Test("one of an earlier connection is opened once, whoever asks, and then used by its handle")
  mutating func renews() throws {
    let old = register(connection: 1)
    guard case .open(let key) = memory.verdict(on: old, for: 10) else {
      Issue.record("not opened")
      return
    }
    #expect(verdict(old, 11) == "opening")
    #expect(verdict(old, 12) == "opening")
    #expect(memory.opened(key, as: .success(register(connection: 2, handle: 0))) == [10, 11, 12])
    #expect(verdict(old) == "2/0")
    // Another register is another question, whatever its handle was.
    #expect(verdict(register(connection: 1, handle: 8)) == "2/0")
    #expect(verdict(register(connection: 1, generation: 5)) == "open")
    #expect(memory.opened(key, as: .success(old)).isEmpty)
  }

  @Test("another generation, slot or type is another register: the one that was meant is gone")
  mutating func compares() throws {
    let i64 = try #require(RegisterType(name: "i64"))
    let found = [
      register(connection: 2, generation: 4), register(connection: 2, slot: 5),
      RegisterReference(
        name: "x", type: i64, generation: 3, place: .remote(connection: 2, handle: 0), slot: 4,
        arena: ArenaMark(9)),
    ]
    for other in found {
      memory = HandleMemory(connection: 2, arena: ArenaMark(9))
      let old = register(connection: 1)
      guard case .open(let key) = memory.verdict(on: old, for: 1) else {
        Issue.record("not opened")
        continue
      }
      #expect(memory.opened(key, as: .success(other)) == [1])
      #expect(verdict(old) == "gone")
    }
  }

  @Test("another arena is another register without a question")
  mutating func comparesArenas() {
    #expect(verdict(register(connection: 1, arena: 8)) == "gone")
    #expect(verdict(register(connection: 1, arena: nil)) == "gone")
    #expect(verdict(register(connection: 1, arena: 9 | 1 << 64)) == "gone")
  }

  @Test("a name that is not there is gone for good; after another failure it is asked again")
  mutating func remembersAbsence() {
    let old = register(connection: 1)
    for (error, next) in [
      (ClientError.rejected(code: "forbidden", text: "", applied: .no), "open"),
      (.notFound(name: "x"), "gone"),
    ] {
      guard case .open(let key) = memory.verdict(on: old, for: 1) else {
        Issue.record("not opened")
        return
      }
      #expect(memory.opened(key, as: .failure(error)) == [1])
      let verdict = verdict(old)
      #expect(verdict == next)
      if verdict == "open" { _ = memory.opened(key, as: .failure(error)) }
    }
  }
}
