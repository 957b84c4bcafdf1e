// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import Synchronization

  /// Makes every second weak compare-exchange on some memory fail by itself, as those of processors
  /// do that reserve a line and store conditionally: x86-64's never do, so that a loop without a
  /// second turn would pass every test there. Debug builds only.
  package enum SpuriousFailures {
    // Where they strike: from `start` to before `end`.
    private static let start = Atomic<UInt>(0)
    private static let end = Atomic<UInt>(0)
    private static let turns = Atomic<UInt>(0)

    /// Strikes on the `byteCount` bytes from `address` while `body` runs. One caller at a time.
    ///
    /// - Returns: How many failed.
    package static func strike<Failure: Error>(
      from address: UInt, byteCount: Int, while body: () throws(Failure) -> Void
    ) throws(Failure) -> Int {
      turns.store(0, ordering: .relaxed)
      start.store(address, ordering: .relaxed)
      end.store(address + UInt(byteCount), ordering: .sequentiallyConsistent)
      defer { end.store(0, ordering: .sequentiallyConsistent) }
      try body()
      return Int(turns.load(ordering: .relaxed) + 1) / 2
    }

    /// Whether the weak compare-exchange at `address` is to fail now.
    static func strikes(_ address: UInt) -> Bool {
      guard address < end.load(ordering: .relaxed), address >= start.load(ordering: .relaxed) else {
        return false
      }
      return turns.wrappingAdd(1, ordering: .relaxed).oldValue % 2 == 0
    }
  }

  @usableFromInline
  func failsSpuriously(_ address: UnsafeMutableRawPointer) -> Bool {
    SpuriousFailures.strikes(UInt(bitPattern: address))
  }
#endif
