// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import TestSupport
import Testing

@testable import RegisterService

@Suite struct RegisterServiceTests {
  private static let u32 = RegisterType(name: "u32")!

  private func definition(_ name: String, _ type: RegisterType = u32) -> RegisterDefinition {
    RegisterDefinition(name: name, type: type, initial: 5, label: "five", ownerUser: 7, ownerTag: 9)
  }

  @Test("a register is made once, confirmed, found and described")
  func create() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      let made = try service.create(definition("a"))
      #expect(made.created)
      let confirmed = try service.create(definition("a"))
      #expect(!confirmed.created)
      #expect(confirmed.register.generation == made.register.generation)
      let found = try service.find(Array("a".utf8).span)
      let description = try service.describe(found)
      #expect((description.name, description.type, description.value) == ("a", Self.u32, 5))
      #expect((description.label, description.ownerUser, description.ownerTag) == ("five", 7, 9))
    }
  }

  @Test("each refusal is its own error")
  func refusals() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      _ = try service.create(definition("a"))
      #expect(throws: ServiceError.exists) {
        try service.create(definition("a"), exclusively: true)
      }
      #expect(throws: ServiceError.exists) {
        try service.create(definition("a", RegisterType(name: "i8")!), exclusively: true)
      }
      #expect(throws: ServiceError.typeMismatch(existing: Self.u32)) {
        try service.create(definition("a", RegisterType(name: "i8")!))
      }
      #expect(throws: ServiceError.notFound) { try service.find(Array("b".utf8).span) }
      #expect(throws: ServiceError.notFound) { try service.delete(Array("b".utf8).span) }
      var wide = definition("c")
      wide.initial = 1 << 32
      #expect(throws: ServiceError.operation(.valueOutOfRange(Self.u32))) {
        try service.create(wide)
      }
      var labelled = definition("c")
      labelled.label = String(repeating: "x", count: 65)
      #expect(throws: ServiceError.invalidLabel) { try service.create(labelled) }
      for name in ["", "a b", "..", "a/", "é"] {
        do throws(ServiceError) {
          _ = try service.find(Array(name.utf8).span)
          Issue.record("\(name) was found")
        } catch {
          guard case .invalidName = error else {
            Issue.record("\(name): \(error)")
            continue
          }
        }
      }
    }
  }

  @Test("a deleted register is gone for those who hold it")
  func gone() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      let register = try service.create(definition("a")).register
      try service.delete(Array("a".utf8).span)
      #expect(throws: ServiceError.gone) {
        try service.perform(try AtomicRequest(.increment, on: Self.u32), on: register)
      }
      #expect(throws: ServiceError.gone) { try service.load(register) }
      #expect(throws: ServiceError.gone) { try service.describe(register) }
      let again = try service.create(definition("a")).register
      #expect(throws: ServiceError.gone) { try service.load(register) }
      #expect(try service.load(again) == 5)
    }
  }

  @Test("an arena without registers is full where it has no slot left")
  func full() throws {
    try withTemporaryArena(capacity: 64) { arena in
      let service = RegisterService(arena: arena)
      var refused: ServiceError?
      for index in 0...64 where refused == nil {
        do throws(ServiceError) {
          _ = try service.create(definition("r\(index)"))
        } catch {
          refused = error
        }
      }
      guard case .full(let reason) = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(reason.contains("64"))
    }
  }
}
