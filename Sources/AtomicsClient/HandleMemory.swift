// SPDX-License-Identifier: Apache-2.0

/// What became of the registers that references of earlier connections mean, or those of a map.
///
/// A reference outlives its connection, a handle does not. The first call with such a reference has
/// its name opened again, and what is found compared: another generation, slot or arena is another
/// register, and the one that was meant is gone.
///
///     reference {connection 3, handle 7} ──▶ opening ──▶ found: {connection 5, handle 0}
///                                               │
///                                               └──────▶ gone
///
/// Good for one connection; begin anew with each. `Asker` is who needs to know.
struct HandleMemory<Asker> {
  enum Verdict {
    /// It is of this connection, or tells no generation and so goes by its name.
    case asItIs
    case renewed(RegisterReference)
    case gone
    /// Open the name, and tell ``HandleMemory/opened(_:as:)``, which then returns the asker.
    case open(RegisterIdentity)
    /// The same, which somebody does already.
    case opening
  }

  private enum Fate {
    case opening(RegisterReference, [Asker])
    case found(RegisterReference)
    case gone
  }

  private let connection: UInt64
  private let arena: ArenaMark?
  private var fates: [RegisterIdentity: Fate] = [:]

  /// - Parameters:
  ///   - connection: The connection's number.
  ///   - arena: Its server's arena; nil where the server tells none: all goes by name.
  init(connection: UInt64 = 0, arena: ArenaMark? = nil) {
    self.connection = connection
    self.arena = arena
  }

  /// What to use for `register` on this connection.
  mutating func verdict(on register: RegisterReference, for asker: Asker) -> Verdict {
    if case .remote(connection, _) = register.place { return .asItIs }
    guard arena != nil, register.generation != 0 else { return .asItIs }
    if register.arena != arena { return .gone }
    let key = register.identity
    switch fates[key] {
    case .found(let found): return .renewed(found)
    case .gone: return .gone
    case .opening(let register, var askers):
      // Taken out meanwhile, so that the array is not copied.
      fates[key] = nil
      askers.append(asker)
      fates[key] = .opening(register, askers)
      return .opening
    case nil:
      fates[key] = .opening(register, [asker])
      return .open(key)
    }
  }

  /// Takes what came of opening; returns who asked meanwhile, to ask again. After a failure of
  /// another kind than `notFound` nothing is known, and the askers are to have that failure.
  mutating func opened(_ key: RegisterIdentity, as result: Result<RegisterReference, ClientError>)
    -> [Asker]
  {
    guard case .opening(let register, let askers) = fates.removeValue(forKey: key) else {
      return []
    }
    switch result {
    case .success(let found):
      fates[key] = register.isSameRegister(as: found) ? .found(found) : .gone
    case .failure(.notFound): fates[key] = .gone
    case .failure: break
    }
    return askers
  }
}

extension RegisterReference {
  /// Whether both mean one register, rather than two that had the name one after the other.
  func isSameRegister(as other: RegisterReference) -> Bool {
    name == other.name && type == other.type && identity == other.identity
      && arena == other.arena
  }
}
