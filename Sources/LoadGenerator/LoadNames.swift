// SPDX-License-Identifier: Apache-2.0

/// The registers under load, which are also the keys of other servers: one, or so many that are
/// numbered.
///
///     1 name          bench
///     100,000 names   bench/000000 … bench/099999
public struct LoadNames: Equatable, Sendable {
  /// The only name, or what stands before the number.
  public var base: String
  public var count: Int
  /// Which of them a request asks for.
  public var distribution: NameDistribution
  /// Whether every request carries its name, instead of a handle that was opened before.
  public var isByName: Bool

  /// The most names of a run.
  public static let limit = 1_000_000

  public init(
    base: String = "bench", count: Int = 1, distribution: NameDistribution = .uniform,
    isByName: Bool = false
  ) {
    self.base = base
    self.count = max(1, count)
    self.distribution = distribution
    self.isByName = isByName
  }

  /// The name with this number, from 0.
  public func name(at index: Int) -> String {
    guard count > 1 else { return base }
    let digits = String(index)
    return "\(base)/" + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
  }

  /// The names, for people.
  public var title: String {
    guard count > 1 else { return base }
    return "\(name(at: 0)) … \(name(at: count - 1)) (\(count), \(distribution.title))"
  }
}
