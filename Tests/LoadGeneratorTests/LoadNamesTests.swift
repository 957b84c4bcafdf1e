// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Testing

@testable import LoadGenerator

@Suite struct LoadNamesTests {
  @Test("one name is the base, several are numbered")
  func names() {
    #expect(LoadNames().name(at: 0) == "bench")
    let many = LoadNames(base: "x", count: 1_000_000)
    #expect(many.name(at: 0) == "x/000000")
    #expect(many.name(at: 123) == "x/000123")
    #expect(many.name(at: 999_999) == "x/999999")
    #expect(many.title == "x/000000 … x/999999 (1000000, uniform)")
  }

  @Test("distributions are read as they are written")
  func distributions() throws {
    #expect(try NameDistribution("uniform") == .uniform)
    #expect(try NameDistribution("zipf") == .zipf(skew: 0.99))
    #expect(try NameDistribution("zipf:1.2") == .zipf(skew: 1.2))
    for text in ["", "zipf:", "zipf:0", "zipf:-1", "zipf:nan", "zipf:11", "normal"] {
      #expect(throws: ClientError.self) { try NameDistribution(text) }
    }
  }

  private func frequencies(_ count: Int, _ distribution: NameDistribution) -> [Double] {
    let sampler = RankSampler(count: count, distribution)
    var generator = RepeatableGenerator(seed: 3)
    var counts = [Int](repeating: 0, count: count)
    for _ in 0..<200_000 { counts[sampler.next(&generator)] += 1 }
    return counts.map { Double($0) / 200_000 }
  }

  @Test("uniform names come as often as each other")
  func uniform() {
    for frequency in frequencies(100, .uniform) { #expect(abs(frequency - 0.01) < 0.0015) }
  }

  @Test("zipfian names come in proportion to their rank to the power of the skew")
  func zipf() {
    // Of 1000 names: the sum of 1/i is 7.4855.
    let plain = frequencies(1000, .zipf(skew: 1))
    #expect(abs(plain[0] - 1 / 7.4855) < 0.005)
    #expect(abs(plain[9] - 0.1 / 7.4855) < 0.0015)
    #expect(plain.reduce(0, +) > 0.999)
    // Twice the skew, the square of the ratios.
    let steep = frequencies(1000, .zipf(skew: 2))
    #expect(abs(steep[0] / steep[1] - 4) < 0.2)
    #expect(abs(steep[0] / steep[2] - 9) < 0.6)
  }
}
