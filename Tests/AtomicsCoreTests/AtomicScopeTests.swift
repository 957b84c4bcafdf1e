// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Synchronization
import TestSupport
import Testing

/// The life of a scope: entered once, ended at any time, and nothing reaches the memory afterwards.
@Suite struct AtomicScopeTests {
  private let memory = CellMemory()

  private func scope() throws -> AtomicScope {
    try unsafe AtomicScope(over: memory.buffer(4), kind: .signed)
  }

  @Test("a view works within its scope and is an error after it")
  func life() throws {
    let scope = try scope()
    let view = try scope.enter()
    try view.perform(.store, operand: 5)
    #expect(try view.perform(.add, operand: 2).new == 7)
    #expect("\(view)" == "AtomicInt(value: 7, width: 4, readOnly: false, signed: true)")
    scope.exit()
    memory.fill(0xA5, count: 8)
    for operation in AtomicOperation.allCases where !operation.isByteComparison {
      #expect(throws: OperationError.scopeEnded) { try view.perform(operation) }
    }
    #expect((0..<8).allSatisfy { memory.byte(at: $0) == 0xA5 })
    // What is known without the memory stays known.
    #expect(view.width == .four && view.isSigned == true && !view.isReadOnly)
    #expect("\(view)" == "AtomicInt(value: unreadable, width: 4, readOnly: false, signed: true)")
  }

  @Test("a scope is entered once")
  func entries() throws {
    let scope = try scope()
    _ = try scope.enter()
    #expect(throws: ScopeError.enteredTwice) { try scope.enter() }
    scope.exit()
    #expect(throws: ScopeError.exited) { try scope.enter() }
    try scope.release()
    #expect(throws: ScopeError.released) { try scope.enter() }
  }

  @Test("a release ends what was not entered, and is refused while the scope is open")
  func releases() throws {
    let unused = try scope()
    try unused.release()
    try unused.release()
    #expect(throws: ScopeError.released) { try unused.enter() }

    let scope = try scope()
    let view = try scope.enter()
    #expect(throws: ScopeError.open) { try scope.release() }
    try view.perform(.increment)
    scope.exit()
    try scope.release()
    try scope.release()
  }

  @Test("an exit is harmless at any time")
  func exits() throws {
    let unused = try scope()
    unused.exit()
    unused.exit()
    #expect(throws: ScopeError.released) { try unused.enter() }
    let scope = try scope()
    let view = try scope.enter()
    scope.exit()
    scope.exit()
    #expect(throws: OperationError.scopeEnded) { try view.perform(.load) }
  }

  @Test("a closure's scope ends with it, also by an error")
  func closures() throws {
    struct Stop: Error {}
    let scope = try scope()
    var kept: ScopedCell?
    #expect(throws: Stop.self) {
      try scope.withView { view in
        kept = view
        try view.perform(.store, operand: 3)
        throw Stop()
      }
    }
    let view = try #require(kept)
    #expect(throws: OperationError.scopeEnded) { try view.perform(.load) }
    #expect(memory.cell(.named("i32")).load() == 3)
    #expect(throws: ScopeError.exited) { try scope.withView { _ in } }
    let value = try self.scope().withView { try $0.perform(.load).old }
    #expect(value == 3)
  }

  @Test("a misuse is an error within the scope too, and read-only buffers are only read")
  func misuse() throws {
    let view = try scope().enter()
    #expect(throws: OperationError.invalidOrder(.load, .releasing)) {
      try view.perform(.load, order: .releasing)
    }
    let type = RegisterType.named("i32")
    let readOnly = try unsafe AtomicScope(
      over: UnsafeRawBufferPointer(memory.buffer(4)), kind: .signed
    ).enter()
    #expect(readOnly.opsSupported.map(\.name) == ["load", "bit_test"])
    #expect(throws: OperationError.readOnly(.store, type)) {
      try readOnly.perform(.store, operand: 1)
    }
    #expect(throws: BufferError.unsupportedWidth(byteCount: 3, readOnly: false)) {
      try unsafe AtomicScope(over: memory.buffer(3), kind: .bytes)
    }
  }

  @Test("no operation of another thread touches the memory once exit has returned")
  func concurrentExit() throws {
    for _ in 0..<50 {
      let scope = try scope()
      let view = try scope.enter()
      let started = Atomic<Int>(0)
      let late = Atomic<Int>(0)
      let ended = Atomic<Bool>(false)
      onThreads(3) { thread in
        if thread == 0 {
          while started.load(ordering: .acquiring) < 2 { yield() }
          scope.exit()
          ended.store(true, ordering: .releasing)
          return
        }
        started.wrappingAdd(1, ordering: .acquiringAndReleasing)
        while true {
          let wasEnded = ended.load(ordering: .acquiring)
          do {
            try view.perform(.increment)
            if wasEnded { late.wrappingAdd(1, ordering: .relaxed) }
          } catch {
            return
          }
        }
      }
      #expect(late.load(ordering: .relaxed) == 0)
    }
  }

  @Test("each error is one sentence that says what to do")
  func sentences() {
    let texts = [ScopeError.enteredTwice, .exited, .released, .open].map(\.description)
    #expect(texts.allSatisfy { $0.hasPrefix("the scope ") } && Set(texts).count == 4)
  }
}
