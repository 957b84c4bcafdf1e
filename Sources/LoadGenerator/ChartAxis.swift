// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One axis of a plot: what it spans, and where values are written.
struct ChartAxis {
  var low: Double
  var high: Double
  var ticks: [(value: Double, text: String)]
  /// A value in words, for a dot's tip.
  var name: (Double) -> String

  /// Where a value lies between the ends, from 0 to 1.
  func share(of value: Double) -> Double {
    guard high > low else { return 0 }
    return min(max((value - low) / (high - low), 0), 1)
  }

  /// From 0 to `greatest`, or to the next round number, with marks at steps of 1, 2 or 5.
  static func fromZero(
    to greatest: Double, endsThere: Bool = false, unit: @escaping (Double) -> String
  ) -> ChartAxis {
    let greatest = greatest > 0 && greatest.isFinite ? greatest : 1
    let rough = greatest / 5
    let power = pow(10, floor(log10(rough)))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
    let count = Int((greatest / step).rounded(endsThere ? .down : .up))
    return ChartAxis(
      low: 0, high: endsThere ? greatest : Double(count) * step,
      ticks: (0...count).map { (Double($0) * step, unit(Double($0) * step)) }, name: unit)
  }

  /// Of logarithms: microseconds from `least` to `greatest`, marked at powers of ten, and at twice
  /// and five times these where there are few of them.
  static func microseconds(from least: Double, to greatest: Double) -> ChartAxis {
    let least = max(least, 0.001)
    let greatest = max(greatest, least * 1.001)
    var marks: [Double] = []
    for power in Int(floor(log10(least)))...Int(ceil(log10(greatest))) {
      marks += [1, 2, 5].map { $0 * pow(10, Double(power)) }
    }
    let low = marks.last { $0 <= least } ?? least
    let high = marks.first { $0 >= greatest } ?? greatest
    let isWide = high / low > 150
    let shown = marks.filter { mark in
      let power = log10(mark)
      return mark >= low && mark <= high && (!isWide || abs(power - power.rounded()) < 0.01)
    }
    return ChartAxis(
      low: log10(low), high: log10(high), ticks: shown.map { (log10($0), duration($0)) },
      name: { duration(pow(10, $0)) })
  }

  /// Of what is left to 100 %, as logarithms: 0 %, 50 %, 90 %, 99 %, as far as `decades` nines.
  static func percentiles(decades: Double) -> ChartAxis {
    let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"]
    var ticks = names.enumerated().map { (Double($0.offset), $0.element) }
    ticks.insert((log10(2), "50 %"), at: 1)
    return ChartAxis(
      low: 0, high: max(decades, 1), ticks: ticks.filter { $0.0 <= max(decades, 1) + 0.001 },
      name: { Decimal.fixed(100 * (1 - pow(10, -$0)), digits: 4) + " %" })
  }

  /// Microseconds in the unit that suits them: `500 ns`, `20 µs`, `1 ms`, `2 s`.
  static func duration(_ microseconds: Double) -> String {
    switch microseconds {
    case ..<0.9995: short(microseconds * 1000) + " ns"
    case ..<999.5: short(microseconds) + " µs"
    case ..<999_500: short(microseconds / 1000) + " ms"
    default: short(microseconds / 1_000_000) + " s"
    }
  }

  /// Thousands and millions with their letter: `250 k`, `1.5 M`.
  static func count(_ value: Double) -> String {
    switch value {
    case ..<999.5: short(value)
    case ..<999_500: short(value / 1000) + " k"
    default: short(value / 1_000_000) + " M"
    }
  }

  /// Three digits at most, without zeros that say nothing.
  private static func short(_ value: Double) -> String {
    var text = value < 9.995 ? Decimal.fixed(value, digits: 2) : Decimal.fixed(value, digits: 1)
    if value >= 99.95 { text = Decimal.fixed(value.rounded(), digits: 1) }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
