// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Who besides its owner and root may do what with a file; symbolic links are followed.
public struct FilePermissions: Sendable, Equatable {
  private let mode: Int

  /// Nil where the file has none to tell, as a pipe has not, or cannot be looked at.
  public init?(ofFileAt path: String) {
    let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let mode = attributes[.posixPermissions] as? NSNumber
    else { return nil }
    self.mode = mode.intValue
  }

  /// Whether others than the owner may write the file: its group, or everybody.
  public var othersMayWrite: Bool { mode & 0o022 != 0 }
  /// Whether any user may read the file. A group that may was chosen by somebody.
  public var everybodyMayRead: Bool { mode & 0o004 != 0 }
}
