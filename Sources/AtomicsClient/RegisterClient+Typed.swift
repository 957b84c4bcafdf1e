// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension RegisterClient {
  /// The register of this name and type, made when there is none.
  ///
  ///     let hits = try await atomics.register(named: "hits", as: UInt64.self)
  ///
  /// One round trip where it exists, two where it is made. Who may not create gets the
  /// register that exists.
  ///
  /// - Parameters:
  ///   - initial: The first value of a new one; zero unless told.
  ///   - timeout: For each of the two; nil: as the client's options say.
  /// - Throws: ``ClientError/rejected(code:text:applied:)`` with `type-mismatch` where it exists
  ///   with another type, `invalid-name` for a bad name, `forbidden` where it would have to be made
  ///   by somebody who may not.
  public func register<Value: AtomicValue>(
    named name: String, as _: Value.Type, initial: Value? = nil, timeout: Duration? = nil
  ) async throws(ClientError) -> Register<Value> {
    let plan = RegisterPlan(
      name: name, type: Value.registerType, initial: initial?.atomicBits ?? 0)
    return Register(try await register(plan, timeout: timeout), of: self)
  }

  /// The register of this name and type, made when there is none; as
  /// ``register(named:as:initial:timeout:)`` for a type that is known at run time.
  ///
  /// - Parameter initial: The first value's bits, zero-extended.
  public func register(
    named name: String, type: RegisterType, initial: UInt128 = 0, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterReference {
    try await register(RegisterPlan(name: name, type: type, initial: initial), timeout: timeout)
  }

  /// The register of the plan's name and type, made as the plan says when there is none; as
  /// ``register(named:as:initial:timeout:)``.
  public func register(
    _ plan: RegisterPlan, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterReference {
    do throws(ClientError) {
      return try await register(named: plan.name, timeout: timeout).checked(as: plan.type)
    } catch {
      guard error.mayBeMade else { throw error }
    }
    // Where somebody else has made it meanwhile this confirms it.
    return try await create(plan, timeout: timeout).register
  }

  /// The register of this name, or nil where there is none. One round trip.
  ///
  /// - Throws: As ``register(named:as:initial:timeout:)``.
  public func find<Value: AtomicValue>(
    named name: String, as _: Value.Type, timeout: Duration? = nil
  ) async throws(ClientError) -> Register<Value>? {
    guard let found = try await find(named: name, timeout: timeout) else { return nil }
    return Register(try found.checked(as: Value.registerType), of: self)
  }

  /// The register of this name, or nil where there is none. One round trip.
  public func find(
    named name: String, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterReference? {
    do throws(ClientError) {
      return try await register(named: name, timeout: timeout)
    } catch {
      guard error == .notFound(name: name) || error == noArena else { throw error }
      return nil
    }
  }

  /// A reference that was kept, with its type known at compile time; nil when it has another one.
  public func register<Value: AtomicValue>(
    _ reference: RegisterReference, as _: Value.Type
  ) -> Register<Value>? {
    reference.type == Value.registerType ? Register(reference, of: self) : nil
  }

  /// The error of a map without an arena.
  private var noArena: ClientError? {
    if case .map(let registers) = transport { registers.noArena } else { nil }
  }
}
