// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import JSONText

/// Why a line is no register, as a sentence goes on after its number.
struct ImportLineError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One line of what `export` prints.
enum ImportLine {
  static let members = ["name", "type", "value", "label", "owner", "restore_gap"]

  /// Nothing but what JSON takes for white space.
  static func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
  }

  static func register(_ line: [UInt8]) throws(ImportLineError) -> RegisterDescription {
    let texts = try texts(of: line)
    func required(_ name: String) throws(ImportLineError) -> String {
      guard let text = texts[name] else {
        throw ImportLineError("the member `\(name)` is missing")
      }
      return text
    }
    let name = try required("name")
    let typeName = try required("type")
    guard let type = RegisterType(name: typeName) else {
      throw ImportLineError("`\(typeName)` is no type")
    }
    let tag = texts["owner"] ?? "0"
    guard let ownerTag = UInt64(tag), !tag.hasPrefix("+") else {
      throw ImportLineError("owner `\(tag)` is no number from 0 to \(UInt64.max)")
    }
    return RegisterDescription(
      name: name, type: type, value: try bits(required("value"), of: "value", type),
      label: texts["label"] ?? "", ownerTag: ownerTag,
      restoreGap: try texts["restore_gap"].map { text throws(ImportLineError) in
        try bits(text, of: "restore_gap", type)
      } ?? 0)
  }

  private static func bits(
    _ text: String, of member: String, _ type: RegisterType
  ) throws(ImportLineError) -> UInt128 {
    do throws(ValueError) {
      return try type.parse(text)
    } catch {
      throw ImportLineError("\(member): \(error)")
    }
  }

  private static func texts(of line: [UInt8]) throws(ImportLineError) -> [String: String] {
    let found: [JSONMember]?
    do throws(JSONError) {
      found = try JSONReader.members(of: line)
    } catch {
      throw ImportLineError("no JSON: \(error)")
    }
    guard let found else { throw ImportLineError("a line is one object") }
    var texts: [String: String] = [:]
    for member in found {
      guard members.contains(member.name) else {
        throw ImportLineError(
          "there is no member `\(member.name)`: use \(members.joined(separator: ", "))")
      }
      guard texts[member.name] == nil else {
        throw ImportLineError("the member `\(member.name)` stands twice")
      }
      guard case .string(let text) = member.value else {
        throw ImportLineError("the member `\(member.name)` is a string, in quotes")
      }
      texts[member.name] = text
    }
    return texts
  }
}
