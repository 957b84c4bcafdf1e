// SPDX-License-Identifier: Apache-2.0

import JSONText

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
    var json = JSONWriter()
    json.beginObject()
    json.member("operation", operation)
    json.member("connections", connections)
    json.member("depth", depth)
    json.name("results")
    json.beginArray()
    for result in results { Self.write(result, to: &json) }
    json.endArray()
    json.name("ratios")
    json.beginObject()
    for (peer, ratio) in ratios {
      json.name(peer)
      json.number(text: Self.hundredths(ratio))
    }
    json.endObject()
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static func write(_ result: Result, to json: inout JSONWriter) {
    let latency = result.latency
    json.beginObject()
    json.member("target", result.target)
    json.member("protocol", result.wire.rawValue)
    json.member("operations_per_second", Int(result.operationsPerSecond.rounded()))
    json.name("spread")
    json.number(text: hundredths(result.spread))
    json.name("slices")
    json.beginArray()
    for slice in result.slices { json.number(Int(slice.rounded())) }
    json.endArray()
    json.name("latency_us")
    json.beginObject()
    for (name, microseconds) in [
      ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("p99.9", latency.p999),
      ("max", latency.maximum),
    ] {
      json.name(name)
      json.number(text: tenths(microseconds))
    }
    json.endObject()
    json.endObject()
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
}
