// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import Testing

@Suite struct HTTPFieldsTests {
  static var sample: HTTPFields {
    var fields = HTTPFields()
    fields.append(name: "Host", value: "a")
    fields.append(name: "x-EMPTY", value: "")
    fields.append(name: "etag", value: Array("\"1\"".utf8))
    fields.append(name: "host", value: "b")
    fields.append(name: "hoet", value: "c")
    fields.append(name: "content-length", value: 31)
    return fields
  }

  @Test("a field is found by its lower-case name, the first of several")
  func lookup() {
    let fields = Self.sample
    #expect(fields.count == 6)
    #expect(fields.first("host") == Array("a".utf8))
    #expect(fields.text("hoet") == "c")
    #expect(fields.first("x-empty") == [])
    #expect(fields.text("content-length") == "31")
    #expect(fields.first("etag", equals: "\"1\""))
    #expect(!fields.first("etag", equals: "1"))
    #expect(fields.count(of: "host") == 2)
    #expect(fields.contains("hoet") && !fields.contains("hot"))
    #expect(fields.first("ho") == nil && fields.first("") == nil)
    #expect(fields.withFirst("host") { $0.count } == 1)
  }

  @Test("names of one signature are told apart")
  func signature() {
    var fields = HTTPFields()
    fields.append(name: "if-match", value: "1")
    #expect(fields.first("ix-xxxxh") == nil)
    #expect(fields.count(of: "i------h") == 0)
  }

  @Test("visiting gives every field in order")
  func visit() {
    var seen: [String] = []
    Self.sample.visit { name, value in
      seen.append("\(Self.text(name))=\(Self.text(value))")
    }
    #expect(
      seen == ["host=a", "x-empty=", "etag=\"1\"", "host=b", "hoet=c", "content-length=31"])
  }

  @Test("a value that is not UTF-8 is bytes but no text")
  func bytes() {
    var fields = HTTPFields()
    fields.append(name: "x", value: [0xFF])
    #expect(fields.first("x") == [0xFF])
    #expect(fields.text("x") == nil)
  }

  @Test("clearing keeps nothing, and a copy keeps all")
  func clear() {
    var fields = Self.sample
    let copy = fields
    fields.removeAll(keepingCapacity: true)
    #expect(fields.isEmpty && fields.first("host") == nil)
    fields.append(name: "a", value: "b")
    #expect(fields.text("a") == "b")
    #expect(copy == Self.sample)
  }

  static func text(_ span: Span<UInt8>) -> String {
    String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
  }
}
