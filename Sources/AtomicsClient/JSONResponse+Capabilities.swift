// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// The capabilities document. Operations and types that this client does not know are passed over:
/// a newer server has more of them.
extension JSONResponse {
  var capabilities: ServerCapabilities? {
    guard let bootEpoch = text("boot_epoch").flatMap({ UInt64($0) }),
      let uuid = text("arena_uuid").flatMap({ Self.uuid($0) })
    else { return nil }
    do throws(JSONError) {
      guard let types = try types, let widths = try objects("widths"),
        let operations = try objects("operations"), let limits = members?.member("limits"),
        let limits = try JSONReader.members(of: response.body, range: limits.range)
      else { return nil }
      let names = operations.compactMap { $0.text("name") }
      let byteCounts: [Int] = widths.compactMap { width in
        width.boolean("lock_free") == true ? width.integer("bytes") : nil
      }
      return ServerCapabilities(
        serverName: "", operations: Set(names.compactMap { OperationName($0)?.operation }),
        types: types, lockFreeWidths: Set(byteCounts.compactMap { AtomicWidth(byteCount: $0) }),
        bootEpoch: bootEpoch, arenaUUID: uuid, inFlightLimit: limits.integer("streams") ?? .max)
    } catch {
      return nil
    }
  }

  private var types: Set<RegisterType>? {
    get throws(JSONError) {
      guard let ranges = try elements("types") else { return nil }
      var types: Set<RegisterType> = []
      for range in ranges {
        var reader = JSONReader(response.body, range: range)
        guard case .string(let name) = try reader.next() else { return nil }
        if let type = RegisterType(name: name) { types.insert(type) }
      }
      return types
    }
  }

  private func objects(_ name: String) throws(JSONError) -> [[JSONMember]]? {
    guard let ranges = try elements(name) else { return nil }
    var objects: [[JSONMember]] = []
    for range in ranges {
      guard let object = try JSONReader.members(of: response.body, range: range) else { return nil }
      objects.append(object)
    }
    return objects
  }

  private func elements(_ name: String) throws(JSONError) -> [Range<Int>]? {
    guard let array = members?.member(name) else { return nil }
    return try JSONReader.elements(of: response.body, range: array.range)
  }

  /// RFC 9562 §4 text, lowest byte first.
  private static func uuid(_ text: String) -> UInt128? {
    let digits = text.filter { $0 != "-" }
    guard digits.utf8.count == 32 else { return nil }
    return UInt128(digits, radix: 16)?.byteSwapped
  }
}
