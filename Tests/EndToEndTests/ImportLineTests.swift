// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import atomics_client

@Suite struct ImportLineTests {
  private func register(_ line: String) throws -> RegisterDescription {
    try ImportLine.register(Array(line.utf8))
  }

  @Test("a line with every member, and one with those that must be")
  func accepted() throws {
    let type = try #require(RegisterType(name: "i8"))
    let full =
      #"{"restore_gap":"7","name":"a","type":"i8","value":"-5","label":"Ä","owner":"9"}"#
    #expect(
      try register(full)
        == RegisterDescription(
          name: "a", type: type, value: 0xFB, label: "Ä", ownerTag: 9, restoreGap: 7))
    #expect(
      try register(#"{"name":"a","type":"i8","value":"0x7f"}"#)
        == RegisterDescription(name: "a", type: type, value: 0x7F))
  }

  @Test(
    "whatever is wrong is said",
    arguments: [
      (#"{"name":"a","type":"u8"}"#, "`value` is missing"),
      (#"{"name":"a","type":"u8","value":"1","value":"2"}"#, "`value` stands twice"),
      (#"{"name":"a","type":"u8","value":"1","when":"2"}"#, "no member `when`"),
      (#"{"name":"a","type":"u8","value":1}"#, "`value` is a string"),
      (#"{"name":"a","type":"u9","value":"1"}"#, "`u9` is no type"),
      (#"{"name":"a","type":"u8","value":"256"}"#, "value: "),
      (#"{"name":"a","type":"u8","value":"1","restore_gap":"x"}"#, "restore_gap: "),
      (#"{"name":"a","type":"u8","value":"1","owner":"-1"}"#, "owner `-1`"),
      ("[]", "one object"), ("{", "no JSON"), (#"{"name":"a"} {}"#, "no JSON"),
    ])
  func refused(line: String, text: String) throws {
    do {
      _ = try register(line)
      Issue.record("taken: \(line)")
    } catch let error as ImportLineError {
      #expect("\(error)".contains(text), "\(error)")
    }
  }

  @Test("lines are read one by one, whatever their ends and lengths")
  func lines() throws {
    let directory = try TemporaryArenaDirectory()
    let path = directory.path + "/lines"
    let long = String(repeating: "x", count: 60_000)
    try "a\r\n\n\(long)\nlast".write(toFile: path, atomically: true, encoding: .utf8)
    var reader = try LineReader(path)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(lines == ["a", "", long, "last"])
    #expect(reader.place == "\(path), line 4")
    try String(repeating: "x", count: 1 << 18).write(
      toFile: path, atomically: true, encoding: .utf8)
    var endless = try LineReader(path)
    #expect(throws: ClientError.self) { try endless.next() }
    #expect(throws: ClientError.self) { try LineReader(path + "-none") }
  }
}
