// SPDX-License-Identifier: Apache-2.0

/// A C11 memory order, as a run-time value. The raw values are C11's own; `consume` (1) is left
/// out, as compilers treat it as acquire.
///
/// Source: C11 7.17.3.
public enum MemoryOrder: UInt8, CaseIterable, Sendable {
  case relaxed = 0
  case acquiring = 2
  case releasing = 3
  case acquiringAndReleasing = 4
  case sequentiallyConsistent = 5

  /// The order's name on the wire, in JSON and on the command line.
  public var name: String {
    switch self {
    case .relaxed: "relaxed"
    case .acquiring: "acquire"
    case .releasing: "release"
    case .acquiringAndReleasing: "acq_rel"
    case .sequentiallyConsistent: "seq_cst"
    }
  }

  /// The order with this `name`, or nil where there is none.
  public init?(name: String) {
    guard let order = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = order
  }

  /// Whether a load, a bit test or a failed compare-exchange may have this order.
  @inlinable @inline(__always) public var isValidForLoad: Bool {
    self == .relaxed || self == .acquiring || self == .sequentiallyConsistent
  }

  /// Whether a store may have this order.
  @inlinable @inline(__always) public var isValidForStore: Bool {
    self == .relaxed || self == .releasing || self == .sequentiallyConsistent
  }

  /// Whether a compare-exchange that succeeds with `success` may fail with this order: a load
  /// order that ranks no higher. Ten pairs are legal.
  @inlinable @inline(__always)
  public func isValidFailure(forSuccess success: MemoryOrder) -> Bool {
    isValidForLoad && rawValue <= success.rawValue
  }

  /// The failure order of a compare-exchange that names only its success order: acquire for
  /// release and acq_rel, else the same.
  @inlinable @inline(__always) public var derivedFailure: MemoryOrder {
    self == .releasing || self == .acquiringAndReleasing ? .acquiring : self
  }
}
