// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A memory order that is part of a type, so that one generic function stands for the five which
/// name a literal each: the compiler specialises it.
protocol FixedOrder: Sendable {
  static var order: MemoryOrder { get }
}

enum Relaxed: FixedOrder {
  @inline(__always) static var order: MemoryOrder { .relaxed }
}

enum Acquiring: FixedOrder {
  @inline(__always) static var order: MemoryOrder { .acquiring }
}

enum Releasing: FixedOrder {
  @inline(__always) static var order: MemoryOrder { .releasing }
}

enum AcquiringAndReleasing: FixedOrder {
  @inline(__always) static var order: MemoryOrder { .acquiringAndReleasing }
}

enum SequentiallyConsistent: FixedOrder {
  @inline(__always) static var order: MemoryOrder { .sequentiallyConsistent }
}
