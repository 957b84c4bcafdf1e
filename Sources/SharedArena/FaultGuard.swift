// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Synchronization

/// What keeps a program alive when somebody cuts a file that its arenas have mapped.
///
/// An access to a page that the file has no longer would end the process by SIGBUS. With the guard
/// in place that one instruction finishes, on a page of zeros that is nobody else's, and the arena
/// knows that its answers are worth nothing until it is repaired.
public enum FaultGuard {
  /// Puts the guard in place, for the arenas that are open and those to come. Once is enough.
  ///
  /// For programs, not for libraries: it takes the process's SIGBUS, and hands on to the handler
  /// that was there what no arena has to do with.
  ///
  /// - Throws: `systemCall` where the process may have no signal handlers.
  public static func install() throws(ArenaError) {
    let result = clinux_guard_install()
    guard result == 0 else { throw .systemCall("sigaction", path: "SIGBUS", code: -result) }
  }
}

/// A mapped range that the guard watches over, if there is one, and what the guard did in it.
@safe
struct GuardedRange: Sendable {
  private let number: Int32
  let faults: FaultCount

  /// - Parameter protection: What the range is mapped with, and a page in its place will be.
  @unsafe
  init(_ start: UnsafeRawPointer, byteCount: Int, protection: Int32) {
    // Safety: the range is only put down; the counter is valid for ever.
    number = unsafe clinux_guard_add(start, byteCount, protection)
    faults = unsafe FaultCount(clinux_guard_unrepaired(number))
  }

  /// Before the range is unmapped.
  func remove() { clinux_guard_remove(number) }

  /// Whether nothing has happened in the range since its `count` was read and it was mapped anew:
  /// if so, that count is forgotten.
  func settle(_ count: UInt64) -> Bool {
    guard !clinux_guard_is_acting(), faults.count == count else { return false }
    clinux_guard_repaired(number, count)
    return true
  }
}

/// How often the guard stepped in since the last repair, in no particular unit.
@safe
@usableFromInline
struct FaultCount: Sendable {
  // Sendable because: the word is only loaded, atomically, and is never freed.
  @usableFromInline nonisolated(unsafe) let word: UnsafePointer<Atomic<UInt64>>

  @unsafe
  init(_ word: UnsafePointer<UInt64>) {
    // Safety: an atomic word has the layout of the word.
    unsafe self.word = UnsafeRawPointer(word).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Relaxed: the guard raises it on the faulting thread itself, before the page that another
  /// thread could meet is there.
  @inlinable @inline(__always)
  var count: UInt64 {
    // Safety: the word is never freed.
    unsafe word.pointee.load(ordering: .relaxed)
  }
}
