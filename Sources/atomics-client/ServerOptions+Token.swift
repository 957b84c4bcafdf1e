// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Foundation
import Settings

/// Who the client is. A secret is never an argument: any user of the machine reads those.
extension ServerOptions {
  /// The token that was given; nil: none was.
  func token() throws(ClientError) -> AccessToken? {
    guard let source = settings().token else { return nil }
    do throws(ClientError) {
      switch source {
      case .text(let text, _): return try AccessToken(text)
      case .file(let path, _):
        let token = try AccessToken(Self.text(ofFileAt: path))
        // A warning, no refusal: container systems give secrets out like this, to one user alone.
        if FilePermissions(ofFileAt: path)?.everybodyMayRead ?? false {
          Output().complain(
            "Warning: any user of this machine may read the token in \(path): chmod go-r \(path)")
        }
        return token
      }
    } catch {
      switch source {
      case .text(_, let origin): throw .usage("\(origin): \(error)")
      case .file(let path, let origin): throw .usage("\(origin): \(path): \(error)")
      }
    }
  }

  /// A token is short: whatever a long file is, it is none.
  private static func text(ofFileAt path: String) throws(ClientError) -> String {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      return String(decoding: try file.read(upToCount: 4096) ?? Data(), as: UTF8.self)
    } catch {
      throw .usage("it cannot be read: \(reason(of: error))")
    }
  }
}
