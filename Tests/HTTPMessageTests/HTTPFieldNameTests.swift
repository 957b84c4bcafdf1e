// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import Testing

@Suite struct HTTPFieldNameTests {
  private func named(_ text: String) -> HTTPFieldName? { HTTPFieldName(text.utf8.span) }

  @Test("every name is read as itself, in either case", arguments: HTTPFieldName.allCases)
  func read(name: HTTPFieldName) {
    let text = name.text.description
    #expect(named(text) == name)
    #expect(named(text.uppercased()) == name)
    #expect(named(text + "x") == nil)
    #expect(named("x" + text.dropFirst()) == nil)
  }

  @Test("each has a bit of its own")
  func bits() {
    var all: HTTPFieldName.Set = []
    for name in HTTPFieldName.allCases {
      #expect(!all.contains(HTTPFieldName.Set(name)))
      all.formUnion(HTTPFieldName.Set(name))
    }
    #expect(HTTPFieldName.allCases.count <= HTTPFieldName.Set.RawValue.bitWidth)
  }
}
