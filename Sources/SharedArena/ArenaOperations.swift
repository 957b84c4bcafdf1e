// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import CLinux

/// Operations on registers of an arena by a thread that has many to do: what each of them would do
/// first and last is done once.
///
/// Made by ``Arena/withOperations(_:)``, and good until that returns.
public struct ArenaOperations {
  @usableFromInline let arena: Arena

  @inlinable @inline(__always)
  init(_ arena: Arena) { self.arena = arena }

  /// As ``Arena/add(_:to:order:)``.
  @inlinable @inline(__always)
  public func add(_ word: UInt64, to handle: RegisterHandle, order: MemoryOrder) -> UInt64? {
    arena.withCellInside(of: handle, wakes: true) { cell in cell.addWord(word, order: order) }
  }
}

extension Arena {
  /// Runs `body`, which may operate on many registers; they must not leave it.
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
