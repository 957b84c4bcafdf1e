// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// The values of one register, the present one first; ends when the register was deleted. All else
/// is as with ``RegisterEvents``.
///
///     for try await change in try await hits.changes() { print(change.value) }
public struct RegisterChanges<Value: AtomicValue>: AsyncSequence, Sendable {
  /// A value that the register has, or had a moment ago.
  public struct Element: Sendable {
    public var value: Value
    /// Values before it may have passed unseen: more came than were taken, or the connection was
    /// lost meanwhile.
    public var isBehindGap: Bool
  }

  public typealias Failure = ClientError

  private let events: RegisterEvents

  init(_ events: RegisterEvents) { self.events = events }

  public func makeAsyncIterator() -> Iterator {
    Iterator(events: events.makeAsyncIterator())
  }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate var events: RegisterEvents.Iterator

    /// The next value; nil when the register is gone.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> Element? {
      switch try await events.next(isolation: actor)?.kind {
      case .value(let bits): Element(value: Value(atomicBits: bits), isBehindGap: false)
      case .gap(let bits): Element(value: Value(atomicBits: bits), isBehindGap: true)
      case .deleted, nil: nil
      }
    }
  }
}

extension RegisterChanges.Element: Equatable where Value: Equatable {}

extension Register {
  /// Watches the register's value, which comes at once and then whenever it is another one.
  ///
  /// - Parameter interval: The least time between two values, in whole milliseconds, rounded up.
  public func changes(
    interval: Duration = .zero
  ) async throws(ClientError) -> RegisterChanges<Value> {
    RegisterChanges(try await client.watch(reference, interval: interval, timeout: timeout))
  }
}
