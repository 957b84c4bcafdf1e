// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena

/// What a snapshot file holds, read without an arena.
public struct SnapshotInspection {
  /// The version of the format.
  public let version = 1
  /// The identity of the arena that was saved.
  public let arenaUUID: UInt128
  public let bootEpoch: UInt64
  /// When the snapshot was begun, in nanoseconds since 1970.
  public let unixNanoseconds: UInt64
  private let reader: SnapshotReader

  /// Opens the snapshot in `file`, that one and no other, and checks its header.
  public init(of file: String) throws(ClientError) {
    do throws(ArenaError) {
      reader = try SnapshotReader(at: file)
    } catch {
      throw ClientError(reading: error)
    }
    let (first, second) = reader.header.uuid
    arenaUUID = UInt128(second) << 64 | UInt128(first)
    bootEpoch = reader.header.bootEpoch
    unixNanoseconds = reader.header.unixNanoseconds
  }

  /// Reads on; nil at the end of a whole snapshot.
  ///
  /// - Throws: ``ClientError/snapshot(_:)`` with what is wrong with the file.
  public func nextRegisters() throws(ClientError) -> [RegisterDescription]? {
    do throws(ArenaError) {
      return try reader.nextBlock()?.map { RegisterDescription($0) }
    } catch {
      throw ClientError(reading: error)
    }
  }
}

extension RegisterDescription {
  fileprivate init(_ entry: SnapshotEntry) {
    self.init(
      name: entry.name, type: entry.type, value: entry.value, label: entry.label,
      ownerTag: entry.ownerTag, restoreGap: entry.restoreGap)
  }
}
