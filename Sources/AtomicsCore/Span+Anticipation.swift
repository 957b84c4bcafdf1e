// SPDX-License-Identifier: Apache-2.0

public import CAtomics

/// Having memory answer before it is asked.
extension Span where Element: BitwiseCopyable {
  /// Asks the processor for the line of the element at `index`, which may be any number: it is
  /// fetched while other work goes on. A hint, that changes nothing.
  ///
  /// - Complexity: An instruction that waits for nothing.
  @inlinable @inline(__always)
  public func anticipate(_ index: Int) {
    // Safety: only the address is used: nothing is read there, and any number will do.
    let start = unsafe withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    ca_prefetch(start &+ UInt(bitPattern: index &* MemoryLayout<Element>.stride))
  }
}
