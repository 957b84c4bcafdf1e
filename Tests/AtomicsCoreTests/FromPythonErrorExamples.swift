// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

// FromPython.md, continued: what is refused, and what ends.

@Suite struct FromPythonErrorExamples {
  let memory = ExampleBuffer()

  @Test("errors of construction")
  func construction() throws {
    let refused = [
      3: BufferError.unsupportedWidth(byteCount: 3, readOnly: false),
      -1: BufferError.unsupportedWidth(byteCount: -1, readOnly: false),
      .max: BufferError.unsupportedWidth(byteCount: .max, readOnly: false),
    ]
    for (byteCount, error) in refused {
      #expect(throws: error) { _ = try OwnedCell(byteCount: byteCount, kind: .signed) }
    }

    let buffer = unsafe memory.first(8)
    let address = UInt(bitPattern: buffer.baseAddress)
    #expect(throws: BufferError.misaligned(address: address + 1, width: .four)) {
      _ = try unsafe AtomicInt<Int32>(in: buffer, at: 1)
    }
    #expect(throws: BufferError.outOfBounds(offset: 8, byteCount: 4, bufferByteCount: 8)) {
      _ = try unsafe AtomicInt<Int32>(in: buffer, at: 8)
    }
    #expect(throws: BufferError.null) {
      let empty = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
      _ = try unsafe AtomicInt<Int32>(in: empty, at: 0)
    }
    #expect(throws: BufferError.unsupportedType(.float, .two)) {
      _ = try OwnedCell(byteCount: 2, kind: .float)
    }

    var halves: [UInt16] = [1, 2]
    var halfSpan = halves.mutableSpan
    var pairs = unsafe halfSpan.mutableBytes
    let width = try pairs.withCell(kind: .unsigned) { cell in cell.width.byteCount }
    #expect(width == 4)
  }

  @Test("memory orders")
  func orders() throws {
    let cell = try unsafe AtomicCell(over: memory.first(4), kind: .signed)
    let orders = [
      MemoryOrder.relaxed, MemoryOrder.acquiring, MemoryOrder.releasing,
      MemoryOrder.acquiringAndReleasing, MemoryOrder.sequentiallyConsistent,
    ]
    #expect(orders == MemoryOrder.allCases && orders.map(\.rawValue) == [0, 2, 3, 4, 5])
    #expect(MemoryOrder(rawValue: 5) == .sequentiallyConsistent)
    #expect(MemoryOrder(rawValue: 1) == nil)
    #expect(MemoryOrder(name: "acq_rel") == .acquiringAndReleasing)
    for order in orders {
      #expect(
        order.isValidForLoad == [.relaxed, .acquiring, .sequentiallyConsistent].contains(order))
      #expect(
        order.isValidForStore == [.relaxed, .releasing, .sequentiallyConsistent].contains(order))
      let failure = order.derivedFailure
      #expect(failure.isValidFailure(forSuccess: order))
    }
    #expect(throws: OperationError.invalidOrder(.store, .acquiring)) {
      try cell.perform(.store, operand: 1, order: .acquiring)
    }
    #expect(
      throws: OperationError.invalidFailureOrder(success: .relaxed, failure: .acquiring)
    ) {
      try cell.perform(.compareExchangeStrong, order: .relaxed, failureOrder: .acquiring)
    }
  }

  @Test("alignment")
  func alignment() {
    let readable = unsafe UnsafeRawBufferPointer(memory.first(4))
    let longer = unsafe UnsafeRawBufferPointer(memory.first(8))
    let address: UInt = 0x1002
    let alignment = AtomicAlignment(.four)
    #expect(alignment.width.byteCount == 4)
    #expect(alignment.recommended == 4)
    #expect(alignment.minimum == 4)
    #expect(alignment.sizeWithin == 0)
    #expect(unsafe alignment.isMet(by: readable) && alignment.isMinimumMet(by: readable))
    #expect(!alignment.isMet(by: address) && !alignment.isMinimumMet(by: address))
    #expect(
      alignment.description
        == "AtomicAlignment(width: 4, recommended: 4, minimum: 4, sizeWithin: 0)")
    #expect(AtomicWidth(byteCount: 3) == nil)
    #expect(unsafe !alignment.isMet(by: longer))
  }

  @Test("errors of operations")
  func operations() throws {
    let readable = unsafe UnsafeRawBufferPointer(memory.first(4))
    let bytes = try unsafe AtomicCell(over: memory.first(4), kind: .bytes)
    let cell = try unsafe ReadOnlyCell(over: readable, kind: .signed)
    #expect(throws: OperationError.unsupportedOperation(.add, bytes.type)) {
      try bytes.perform(.add, operand: 1)
    }
    #expect(throws: OperationError.readOnly(.add, cell.type)) {
      try cell.perform(.add, operand: 1)
    }
    do {
      try cell.perform(.add, operand: 1)
      Issue.record("a read-only cell was added to")
    } catch OperationError.readOnly {
    }
    do {
      try bytes.perform(.add, operand: 1)
      Issue.record("bytes were added to")
    } catch {
      #expect("\(error)" == "add does not exist on bytes4 registers")
      #expect(String(reflecting: error) == "\(error)")
    }
  }

  @Test("special methods")
  func special() throws {
    let a = try unsafe AtomicInt<Int32>(over: memory.first(4))
    let b = try unsafe AtomicBytes<4>(over: memory.first(4))
    a.store(5)
    let text = "AtomicInt(value: 5, width: 4, readOnly: false, signed: true)"
    #expect(a.description == text)
    #expect(String(reflecting: a) == text)
    #expect(a.erased.description == "AnyAtomic(width: 4, readOnly: false)")
    #expect(Int(a.load()) == 5)
    #expect(b.bytes() == [5, 0, 0, 0])
  }

  @Test("views with an end")
  func lifeCycle() throws {
    let buffer = unsafe memory.first(4)
    do {
      let scope = try unsafe AtomicScope(over: buffer, kind: .signed)
      try scope.withView { view in try view.perform(.add, operand: 5) }
      #expect(throws: ScopeError.exited) { try scope.enter() }
    }
    do {
      let scope = try unsafe AtomicScope(over: buffer, kind: .signed)
      let view = try scope.enter()
      #expect(throws: ScopeError.enteredTwice) { try scope.enter() }
      #expect(throws: ScopeError.open) { try scope.release() }
      #expect(try view.perform(.load).old == 5)
      scope.exit()
      scope.exit()
      #expect(throws: OperationError.scopeEnded) { try view.perform(.load) }
      #expect(view.width == .four)
      #expect(
        view.description
          == "AtomicInt(value: unreadable, width: 4, readOnly: false, signed: true)")
      try scope.release()
      try scope.release()
      #expect(throws: ScopeError.released) { try scope.enter() }
    }
    let unused = try unsafe AtomicScope(over: buffer, kind: .signed)
    unused.exit()
    #expect(throws: ScopeError.released) { try unused.enter() }
  }

  @Test("values")
  func values() throws {
    let a = try unsafe AtomicInt<Int32>(over: memory.first(4))
    let bytes = try unsafe AtomicCell(over: memory.first(4), kind: .bytes)
    let cell = try unsafe AtomicCell(over: memory.first(4), kind: .signed)
    let type = cell.type
    let unsigned = try #require(RegisterType(kind: .unsigned, width: .four))
    #expect(throws: ValueError.outOfRange(type)) { try type.bits(of: Int64(1) << 31) }
    #expect(throws: ValueError.outOfRange(unsigned)) { try unsigned.bits(of: -1) }
    let number = Int64(1) << 31
    #expect(Int32(exactly: number) == nil)
    a.store(.max)
    #expect(a.incFetch() == .min)
    let data: [UInt8] = [1, 2, 3]
    #expect(throws: ValueError.wrongByteCount(bytes.type, count: 3)) {
      try bytes.type.bits(ofBytes: data.span)
    }
    #expect(throws: OperationError.invalidIndex(32, bitCount: 32)) {
      try cell.perform(.bitTest, index: 32)
    }
    #expect(throws: OperationError.valueOutOfRange(type)) {
      try cell.perform(.store, operand: 1 << 32)
    }
  }
}
