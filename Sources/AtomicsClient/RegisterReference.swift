// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import SharedArena

/// A register that a client has found: its name, its type, and where the client keeps it.
///
/// Get one from `register(named:)` or `create`, and use it for as many operations as you like:
/// they then cost no look-up. On another client of the same arena it means the same register, which
/// is looked up once, and is `notFound` where another one has the name by now.
///
/// **Over HTTP** it is the name alone: operations run on whatever has that name at the moment, even
/// where the register was deleted and another one made, of another type too. The server tells
/// nothing by which the two could be told apart.
public struct RegisterReference: Sendable {
  /// What makes operations fast on one connection.
  enum Place: Sendable {
    case byName(connection: UInt64)
    /// A handle that the server gave.
    case remote(connection: UInt64, handle: UInt32)
    /// A cell of an arena that is mapped.
    case mapped(arena: UInt64, RegisterHandle)
  }

  public let name: String
  public let type: RegisterType
  /// Another generation is another register of the same name; 0 over HTTP, which tells none.
  public let generation: UInt64
  let place: Place
  /// Where it is in its arena: with the generation it tells two registers of one name apart.
  var slot: UInt32 = 0
  /// The arena itself; nil where nobody told.
  var arena: ArenaMark?

  /// Throws unless `name` may be a register's.
  package static func check(name: String) throws(ClientError) {
    do throws(NameError) {
      try RegisterName.check(name.utf8.span)
    } catch {
      throw ClientError(.invalidName(error))
    }
  }
}

extension RegisterReference {
  /// Checks that `request` was made for this register's type: what it means depends on it, and a
  /// client works out from it what a server does not tell.
  ///
  /// - Throws: `rejected` with the code `type-mismatch`.
  func check(_ request: AtomicRequest) throws(ClientError) {
    guard request.type == type else {
      throw .rejected(
        code: "type-mismatch",
        text: "The register's type is \(type.name), the request was made for "
          + "\(request.type.name).", applied: .no)
    }
  }

  /// Whether what is said of a register's place is about this one; where this one's is not known,
  /// its name is all there is.
  func isSame(generation: UInt64, slot: UInt32) -> Bool {
    self.generation == 0 || self.generation == generation && self.slot == slot
  }
}

extension RegisterReference {
  /// This reference, where the register's type is `type`.
  ///
  /// - Throws: `rejected` with the code `type-mismatch`.
  func checked(as type: RegisterType) throws(ClientError) -> RegisterReference {
    guard self.type == type else {
      throw .typeMismatch(name: name, self.type, expected: type)
    }
    return self
  }
}

extension ClientError {
  /// A register has another type than its user takes it for.
  static func typeMismatch(
    name: String, _ type: RegisterType, expected: RegisterType
  ) -> ClientError {
    .rejected(
      code: "type-mismatch",
      text: "The register `\(name)` is \(type.name), not \(expected.name).", applied: .no)
  }

  /// Whether a register that was not found may be there after `create`. The first one of a map
  /// makes its arena.
  var mayBeMade: Bool {
    switch self {
    case .notFound, .arena: true
    default: false
    }
  }
}
