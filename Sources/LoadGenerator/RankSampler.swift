// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Draws numbers below `count` as a distribution says.
struct RankSampler {
  private let count: Int
  /// Of each rank the probability of it or a lower one; empty: uniform.
  private let cumulative: [Double]

  init(count: Int, _ distribution: NameDistribution) {
    self.count = count
    guard case .zipf(let skew) = distribution, count > 1 else {
      cumulative = []
      return
    }
    var sums: [Double] = []
    sums.reserveCapacity(count)
    var sum = 0.0
    for rank in 1...count {
      sum += 1 / pow(Double(rank), skew)
      sums.append(sum)
    }
    cumulative = sums.map { $0 / sum }
  }

  func next(_ generator: inout RepeatableGenerator) -> Int {
    guard !cumulative.isEmpty else { return generator.next(below: count) }
    let point = generator.nextFraction()
    var low = 0
    var high = count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
