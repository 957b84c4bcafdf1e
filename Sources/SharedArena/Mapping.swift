// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Glibc
public import Synchronization

/// Shared memory of one file, mapped for as long as the value lives. The only place that maps.
struct Mapping: ~Copyable {
  let bytes: SharedBytes
  private let range: GuardedRange
  private let protection: Int32

  /// How often this memory was missing since it was last mapped anew.
  var faults: FaultCount { range.faults }

  /// Maps the first `byteCount` bytes of `file`, which has at least that length.
  init(of file: borrowing FileDescriptor, byteCount: Int, writable: Bool) throws(ArenaError) {
    let protection = PROT_READ | (writable ? PROT_WRITE : 0)
    let address = unsafe mmap(
      nil, byteCount, protection, MAP_SHARED | Int32(MAP_NORESERVE), file.number, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw .systemCall("mmap", path: file.path, code: errno)
    }
    // A dump of a process would otherwise be as long as the address space reserved here.
    // Safety: the range was mapped above and belongs to this value alone.
    _ = unsafe madvise(address, byteCount, MADV_DONTDUMP)
    bytes = unsafe SharedBytes(address, byteCount: byteCount)
    range = unsafe GuardedRange(address, byteCount: byteCount, protection: protection)
    self.protection = protection
  }

  /// Puts the pages of `file` back wherever the guard had to lay its own, at the addresses that
  /// everybody knows. Operations may run meanwhile, and some of them on what goes away.
  func remap(_ file: borrowing FileDescriptor) throws(ArenaError) {
    // Safety: `init` mapped exactly this range; the kernel exchanges it in one step, and whoever
    // uses `bytes` finds memory there at any time.
    let address = unsafe mmap(
      bytes.address, bytes.byteCount, protection, MAP_SHARED | MAP_FIXED | Int32(MAP_NORESERVE),
      file.number, 0)
    guard unsafe address != MAP_FAILED else {
      throw .systemCall("mmap", path: file.path, code: errno)
    }
    _ = unsafe madvise(bytes.address, bytes.byteCount, MADV_DONTDUMP)
  }

  /// Forgets the faults up to `count`, which was read before the last `remap`. False: there were
  /// more since.
  func settle(_ count: UInt64) -> Bool { range.settle(count) }

  deinit {
    range.remove()
    // Safety: `init` mapped exactly this range; whoever uses `bytes` keeps the mapping alive.
    _ = unsafe munmap(bytes.address, bytes.byteCount)
  }
}

/// Words of shared memory, each read and written by one atomic access.
///
/// Other processes change these words at any time, a hostile one to anything: no value found here
/// is trusted, and none is read twice. Offsets come from the layout and from slots that were
/// bounded; one outside the memory traps before it is used.
@safe
@usableFromInline
struct SharedBytes: Sendable {
  // Sendable because: every access is atomic. The owner of the mapping outlives the value.
  @usableFromInline nonisolated(unsafe) let address: UnsafeMutableRawPointer
  @usableFromInline let byteCount: Int

  /// The memory stays mapped while the value is in use, and starts on a page.
  @unsafe
  init(_ address: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.address = address
    self.byteCount = byteCount
  }

  /// The address of `count` bytes at `offset`, a multiple of 8.
  @inlinable @inline(__always)
  func place(_ offset: Int, count: Int = 8) -> UnsafeMutableRawPointer {
    precondition(
      UInt(bitPattern: offset) <= UInt(bitPattern: byteCount &- count) && offset & 7 == 0,
      "a word lies inside the mapping")
    // Safety: checked just now.
    return unsafe address + offset
  }

  /// The word at `offset`, with everything that was written before its release-store.
  @inlinable @inline(__always)
  func acquire(_ offset: Int) -> UInt64 {
    // Safety: `place` checked range and alignment; every bit pattern is a word.
    unsafe place(offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
      .load(ordering: .acquiring)
  }

  /// Asks the processor for the line of `offset`, which may be any number.
  @inline(__always)
  func anticipate(_ offset: Int) {
    // Safety: only the number is used: nothing is read there, and any number will do.
    clinux_prefetch_to_read(
      unsafe UInt(bitPattern: address) &+ UInt(bitPattern: offset))
  }

  /// The word at `offset`, where another word's acquire or nothing at all orders it.
  @inlinable @inline(__always)
  func relaxed(_ offset: Int) -> UInt64 {
    // Safety: as in `acquire`.
    unsafe place(offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
      .load(ordering: .relaxed)
  }

  /// Publishes `word` at `offset`, and with it everything written before.
  func release(_ word: UInt64, at offset: Int) {
    // Safety: as in `acquire`; the writer's mapping is writable.
    unsafe place(offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
      .store(word, ordering: .releasing)
  }

  /// Writes `word` at `offset`, to be published by a later release-store.
  func write(_ word: UInt64, at offset: Int) {
    // Safety: as in `release`.
    unsafe place(offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
      .store(word, ordering: .relaxed)
  }

  /// Writes `bytes` from `offset`, and zeros after them up to `byteCount`, a multiple of 8.
  func write(_ bytes: Span<UInt8>, at offset: Int, paddedTo byteCount: Int) {
    for start in stride(from: 0, to: byteCount, by: 8) {
      let word: UInt64 =
        if start + 8 <= bytes.count {
          bytes.littleEndian64(at: start)
        } else if start < bytes.count {
          bytes.zeroPaddedTail(from: start)
        } else {
          0
        }
      write(word, at: offset + start)
    }
  }

  /// A copy of the `count` bytes from `offset`.
  func copy(_ offset: Int, count: Int) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity((count + 7) & ~7)
    for start in stride(from: 0, to: count, by: 8) {
      let word = relaxed(offset + start)
      for shift in 0..<min(8, count - start) {
        copy.append(UInt8(truncatingIfNeeded: word >> UInt64(shift * 8)))
      }
    }
    return copy
  }
}
