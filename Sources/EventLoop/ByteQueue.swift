// SPDX-License-Identifier: Apache-2.0

/// Bytes that wait in a stream: unconsumed input or unsent output. Empty, it owns no memory.
struct ByteQueue {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { storage.isEmpty }

  /// Copies `bytes` to the end.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // Moving the rest down costs less than the bytes removed since the last time, and keeps the
    // memory within about twice of the most that has waited; empty, it is given back.
    if start > storage.count / 2 {
      storage.removeSubrange(..<start)
      start = 0
    }
    unsafe storage.append(contentsOf: bytes)
  }

  /// Removes `byteCount` bytes, not more than `count`, from the front.
  mutating func removeFirst(_ byteCount: Int) {
    start += byteCount
    precondition(start <= storage.count, "removing \(byteCount) bytes, more than there are")
    if start == storage.count { self = ByteQueue() }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    // Safety: valid for the length of the call, which is all `body` may use it for.
    unsafe storage.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(storage.span.extracting(droppingFirst: start))
  }
}
