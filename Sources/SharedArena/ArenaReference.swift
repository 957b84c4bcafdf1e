// SPDX-License-Identifier: Apache-2.0

/// A register, told to another process: it opens the arena at the path, and gets the same register
/// or an error, never another one.
///
/// Encodes as an object with `path`, `uuid` (32 hexadecimal digits), `slot` and `generation`.
public struct ArenaReference: Codable, Hashable, Sendable {
  /// The arena's directory.
  public let path: String
  /// The arena's identity, as 32 hexadecimal digits.
  public let uuid: String
  public let slot: UInt32
  public let generation: UInt64
}

extension Arena {
  /// A reference to a register of this arena.
  ///
  /// The other process gets there by the arena's path, so that should be absolute.
  public func reference(to handle: RegisterHandle) -> ArenaReference {
    ArenaReference(
      path: path, uuid: identity, slot: handle.slot, generation: handle.generation)
  }

  /// The register that a reference tells; nil when it was deleted.
  ///
  /// - Throws: `foreignReference` when it was made in another arena, also in one that was at this
  ///   path before.
  public func handle(for reference: ArenaReference) throws(ArenaError) -> RegisterHandle? {
    guard reference.uuid == identity else { throw .foreignReference(path: path) }
    let slot = Int(reference.slot)
    guard slot < directory.watermark, let info = directory.info(ofRecord: slot),
      info.generation == reference.generation
    else { return nil }
    return info.handle
  }

  /// Attaches to the arena of a reference.
  ///
  /// - Throws: As ``open(at:access:)``, and `foreignReference`.
  public static func open(
    _ reference: ArenaReference, access: ArenaAccess = .readWrite
  ) throws(ArenaError) -> Arena {
    let arena = try open(at: reference.path, access: access)
    guard reference.uuid == arena.identity else {
      throw .foreignReference(path: reference.path)
    }
    return arena
  }

  private var identity: String {
    [uuid.0, uuid.1].map { word in
      let digits = String(word.byteSwapped, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
