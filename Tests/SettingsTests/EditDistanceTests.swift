// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Settings

@Suite struct EditDistanceTests {
  @Test(
    "counts inserted, deleted and replaced characters",
    arguments: [
      ("", "", 0), ("a", "", 1), ("", "ab", 2), ("listen", "listen", 0), ("lisen", "listen", 1),
      ("kitten", "sitting", 3), ("abc", "cba", 2),
    ])
  func distance(first: String, second: String, expected: Int) {
    #expect(EditDistance.between(first, second) == expected)
    #expect(EditDistance.between(second, first) == expected)
  }

  @Test("what is too far is not suggested")
  func tooFar() {
    #expect(EditDistance.nearest(to: "colour", in: ["listen", "arena"]) == nil)
    #expect(EditDistance.nearest(to: "arenas", in: ["listen", "arena"]) == "arena")
    let long = String(repeating: "a", count: 1000)
    #expect(EditDistance.nearest(to: long, in: [long]) == nil)
  }
}
