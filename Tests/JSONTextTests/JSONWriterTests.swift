// SPDX-License-Identifier: Apache-2.0
import JSONText
import Testing

@Suite struct JSONWriterTests {
  static func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("commas stand where they must and nowhere else")
  func commas() {
    let text = Self.text { json in
      json.beginObject()
      json.member("a", "x")
      json.member("b", true)
      json.name("c")
      json.beginArray()
      json.number(-5)
      json.null()
      json.beginObject()
      json.endObject()
      json.beginArray()
      json.endArray()
      json.bool(false)
      json.endArray()
      json.member("d", UInt128.max)
      json.name("e")
      json.number(text: "1.50")
      json.name("f")
      json.raw(Array("{\"g\":1}".utf8))
      json.endObject()
    }
    #expect(
      text == #"{"a":"x","b":true,"c":[-5,null,{},[],false],"#
        + #""d":340282366920938463463374607431768211455,"e":1.50,"f":{"g":1}}"#)
  }

  @Test("every byte below 0x20, quotes and backslashes are escaped, nothing else")
  func escapes() {
    let text = Self.text { $0.string("\u{0}\u{8}\t\n\r\u{1F}\"\\/é😀\u{7F}") }
    #expect(text == #""\u0000\u0008\t\n\r\u001f\"\\/é😀"# + "\u{7F}\"")
  }

  @Test("what is written is read back, each scalar below U+0800 and some above")
  func roundTrip() throws {
    var all = ""
    for value in (0..<0x800).map(UInt32.init) + [0xFFFD, 0xFFFF, 0x10000, 0x10FFFF] {
      if let scalar = Unicode.Scalar(value) { all.unicodeScalars.append(scalar) }
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.member(all, all)
    writer.endObject()
    let members = try #require(try JSONReader.members(of: writer.bytes))
    #expect(members.count == 1)
    #expect(members.first?.name == all)
    #expect(members.first?.value == .string(all))
  }

  @Test("bytes are written as a string and appended to what is there")
  func appending() {
    var writer = JSONWriter(appendingTo: Array("data: ".utf8))
    writer.string(utf8: "a\"b".utf8.span)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"data: "a\"b""#)
  }
}
