// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import CLinux
public import Synchronization

/// Operations on registers of an arena by a thread that may have many to do: what each of them
/// would do first and last is done once.
///
/// Made by ``Arena/withOperations(_:)``, and good until that returns.
public struct ArenaOperations {
  @usableFromInline let arena: Arena
  // Looked up once: after each operation the compiler would do it again.
  @usableFromInline let cells: CellTable
  @usableFromInline let faults: FaultCount
  /// Slots below it are there. It only rises.
  @usableFromInline let watermark: Int

  @inlinable @inline(__always)
  init(_ arena: Arena) {
    self.arena = arena
    cells = arena.cells
    faults = arena.faults
    watermark = arena.watermark.load(ordering: .relaxed)
  }

  /// As ``Arena/isFaulty``.
  @inlinable @inline(__always)
  public var isFaulty: Bool { faults.count != 0 }

  /// Says that the register will be operated on soon: the processor fetches its cell meanwhile.
  ///
  /// - Complexity: An instruction that waits for nothing.
  @inlinable @inline(__always)
  public func anticipate(_ handle: RegisterHandle) { cells.anticipate(Int(handle.slot)) }

  /// As ``Arena/add(_:to:order:)``.
  @inlinable @inline(__always)
  public func add(_ word: UInt64, to handle: RegisterHandle, order: MemoryOrder) -> UInt64? {
    withCell(of: handle, wakes: true) { cell in cell.addWord(word, order: order) }
  }

  /// As ``Arena/withCell(of:_:)``.
  ///
  /// - Parameter wakes: Whether `body` may change the value, so that who waits has to be woken.
  @inlinable @inline(__always)
  func withCell<Result, Failure: Error>(
    of handle: RegisterHandle, wakes: @autoclosure () -> Bool,
    _ body: (AtomicCell) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let slot = Int(handle.slot)
    guard slot < watermark || arena.isCommitted(slot) else { return nil }
    // Safety: `slot` lies below the watermark, which this process has from `dir`.
    guard unsafe cells.generation(slot) == handle.generation else { return nil }
    defer {
      clinux_compiler_barrier()
      if unsafe cells.event(slot) & CellLayout.concerned != 0, wakes() {
        arena.wakeWaiters(ofSlot: slot)
      }
    }
    return try body(unsafe cells.cell(slot, type: handle.type))
  }
}

extension Arena {
  /// Runs `body`, which may operate on many registers by what it is given and does not keep.
  ///
  /// While it runs, what is deleted keeps its cell: let it be short.
  ///
  /// - Complexity: Two stores to memory of this thread, and `body`'s own.
  @inlinable @inline(__always)
  public func withOperations<Result, Failure: Error>(
    _ body: (ArenaOperations) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Safety: the record is this thread's, and lives for ever.
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    return try body(ArenaOperations(self))
  }
}
