// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import TestSupport
import Testing

// The blocks of code in the other articles, compiled and run; FromPythonTests compares.

@Suite struct DocumentationExamples {
  @Test("the two faces")
  func faces() throws {
    let hits = OwnedAtomic<UInt64>(0)
    hits.add(2)
    let ticket = hits.fetchInc(order: .relaxed)
    let taken = hits.compareExchange(expected: 3, desired: 0)
    #expect(ticket == 2 && taken.exchanged)

    let cell = try OwnedCell(byteCount: 8, kind: .signed)
    try cell.perform(.add, operand: cell.type.bits(of: -5))
    let outcome = try cell.perform(.max, operand: 3, order: .releasing)
    let text = cell.type.format(outcome.old)
    #expect(text == "-5" && outcome.new == 3)
  }

  @Test("what is written before a release is there after the acquire", arguments: [false, true])
  func handingOver(byFences: Bool) {
    let memory = CellMemory()
    let message = Message()
    let ready = memory.view(of: Int32.self)
    let received = onThreads(2) { thread -> Int in
      switch (thread, byFences) {
      case (0, false): message.send(ready)
      case (0, true): message.sendByFence(ready)
      case (_, false): return message.receive(ready)
      case (_, true): return message.receiveByFence(ready)
      }
      return 42
    }
    #expect(received == [42, 42])
  }

  @Test("orders by themselves")
  func orders() {
    let hits = OwnedAtomic<UInt64>(0)
    hits.inc(order: .relaxed)
    let counted = hits.load()
    let a = OwnedAtomic<Int32>(1)
    let result = a.compareExchange(
      expected: 1, desired: 2, order: .releasing, failureOrder: .relaxed)
    #expect(counted == 1 && result.exchanged)
  }

  @Test("two mappings of one file, of which one may only read, are the same value")
  func sharedMemory() throws {
    let path = "/dev/shm/atomics-documentation-\(getpid())"
    defer { unsafe unlink(path) }
    try writing(path)
    let waiting = try reading(path)
    #expect(waiting == 4)
  }

  private func writing(_ path: String) throws {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    precondition(file >= 0 && ftruncate(file, 4096) == 0, "no file of 4096 bytes")
    let map = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    precondition(unsafe map != MAP_FAILED, "the file was not mapped")
    let memory = unsafe UnsafeMutableRawBufferPointer(start: map, count: 4096)
    let jobs = try unsafe AtomicUInt<UInt64>(in: memory, at: 0)
    jobs.add(3, order: .relaxed)
    try unsafe adding(memory)
    unsafe munmap(map, 4096)
    close(file)
  }

  private func adding(_ memory: UnsafeMutableRawBufferPointer) throws {
    guard let type = RegisterType(name: "u64") else { return }
    let cell = try unsafe AtomicCell(in: memory, at: 0, type: type)
    let before = try cell.perform(.add, operand: 1).old
    #expect(before == 3)
  }

  private func reading(_ path: String) throws -> UInt64 {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    let map = unsafe mmap(nil, 4096, PROT_READ, MAP_SHARED, file, 0)
    precondition(unsafe map != MAP_FAILED, "the file was not mapped")
    let memory = unsafe UnsafeRawBufferPointer(start: map, count: 4096)
    let jobs = try unsafe ReadOnlyAtomicView<UInt64>(in: memory, at: 0)
    let waiting = jobs.load(order: .acquiring)
    unsafe munmap(map, 4096)
    close(file)
    return waiting
  }
}

/// Plain memory that one thread fills and another reads.
///
/// Sendable because: an atomic orders the one access before the other.
@safe private final class Message: @unchecked Sendable {
  private let message = UnsafeMutablePointer<Int>.allocate(capacity: 1)

  init() { unsafe message.initialize(to: 0) }
  deinit { unsafe message.deallocate() }

  func send(_ ready: AtomicInt<Int32>) {
    unsafe message.pointee = 42
    ready.store(1, order: .releasing)
  }

  func receive(_ ready: AtomicInt<Int32>) -> Int {
    while ready.load(order: .acquiring) == 0 { AtomicFence.spinHint() }
    let found = unsafe message.pointee
    return found
  }

  func sendByFence(_ ready: AtomicInt<Int32>) {
    unsafe message.pointee = 42
    AtomicFence.thread(.releasing)
    ready.store(1, order: .relaxed)
  }

  func receiveByFence(_ ready: AtomicInt<Int32>) -> Int {
    while ready.load(order: .relaxed) == 0 { AtomicFence.spinHint() }
    AtomicFence.thread(.acquiring)
    let found = unsafe message.pointee
    return found
  }
}
