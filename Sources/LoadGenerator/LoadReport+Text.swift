// SPDX-License-Identifier: Apache-2.0

extension LoadReport {
  /// A table for people.
  public var table: String {
    var rows = [
      ["target", "op/s (median)", "spread", "p50 µs", "p99 µs", "p99.9 µs", "max µs"]
    ]
    for result in results {
      let latency = result.latency
      rows.append(
        [
          result.target, Self.grouped(result.operationsPerSecond),
          "\(Int((result.spread * 100).rounded())) %",
        ] + [latency.p50, latency.p99, latency.p999, latency.maximum].map(Self.tenths))
    }
    var lines = ["\(operation), \(connections) connections, depth \(depth)"]
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = row.indices.map { column -> String in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }
      lines.append(cells.joined(separator: "  "))
    }
    for (peer, ratio) in ratios { lines.append("against \(peer): \(Self.hundredths(ratio))") }
    return lines.joined(separator: "\n")
  }

  /// One JSON object: `{"results":[…],"ratios":{"redis":1.12}}` and the plan.
  public var json: String {
    let results = results.map { result in
      let latency = result.latency
      return "{\"target\":\(Self.quoted(result.target)),\"protocol\":\"\(result.wire.rawValue)\","
        + "\"operations_per_second\":\(Int(result.operationsPerSecond.rounded())),"
        + "\"spread\":\(Self.hundredths(result.spread)),"
        + "\"slices\":[\(result.slices.map { "\(Int($0.rounded()))" }.joined(separator: ","))],"
        + "\"latency_us\":{\"p50\":\(Self.tenths(latency.p50)),\"p90\":\(Self.tenths(latency.p90)),"
        + "\"p99\":\(Self.tenths(latency.p99)),\"p99.9\":\(Self.tenths(latency.p999)),"
        + "\"max\":\(Self.tenths(latency.maximum))}}"
    }
    let ratios = ratios.map { "\(Self.quoted($0.peer)):\(Self.hundredths($0.ratio))" }
    return "{\"operation\":\(Self.quoted(operation)),\"connections\":\(connections),"
      + "\"depth\":\(depth),\"results\":[\(results.joined(separator: ","))],"
      + "\"ratios\":{\(ratios.joined(separator: ","))}}"
  }

  static func tenths(_ value: Double) -> String { fixed(value, digits: 1) }
  static func hundredths(_ value: Double) -> String { fixed(value, digits: 2) }

  private static func fixed(_ value: Double, digits: Int) -> String {
    let factor = digits == 1 ? 10 : 100
    guard let scaled = Int(exactly: (value * Double(factor)).rounded()) else { return "0" }
    let fraction = String(scaled % factor)
    return "\(scaled / factor)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Thousands apart: 1 234 567.
  static func grouped(_ value: Double) -> String {
    var text = ""
    for (place, digit) in String(Int(value.rounded())).reversed().enumerated() {
      if place > 0, place % 3 == 0 { text = " " + text }
      text = String(digit) + text
    }
    return text
  }

  /// Addresses hold nothing to escape but these two.
  private static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }
}
