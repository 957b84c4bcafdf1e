// SPDX-License-Identifier: Apache-2.0

extension LoadReport {
  /// A table for people.
  public var table: String {
    var rows = [
      ["target", "op/s (median)", "spread", "CPU ns/op"]
        + LatencyCurve().named.map { "\($0.name) µs" }
    ]
    for result in results {
      rows.append(
        [
          result.target, result.isMeasured ? Decimal.grouped(result.operationsPerSecond) : "-",
          result.isMeasured ? "\(Int((result.spread * 100).rounded())) %" : "-",
          result.processorNanoseconds.map(Decimal.grouped) ?? "-",
        ] + result.latency.named.map { result.isMeasured ? Decimal.tenths($0.microseconds) : "-" })
    }
    var lines = headline
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = row.indices.map { column -> String in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }
      lines.append(cells.joined(separator: "  "))
    }
    return (lines + remarks).joined(separator: "\n")
  }

  /// What was run, in a line or more.
  var headline: [String] {
    var line = "\(plan.mix.title) on \(plan.names.title)"
    if plan.names.isByName { line += " by name" }
    // The map has neither.
    if results.isEmpty || results.contains(where: { $0.wire != .shm }) {
      line += ", \(Self.counted(plan.connections, "connection")), depth \(plan.depth)"
    }
    if plan.threads > 1 { line += ", \(plan.threads) threads" }
    if let rate = plan.rate { line += ", \(Decimal.grouped(rate)) op/s asked for" }
    return isInterrupted ? [line, "interrupted: what was measured by then"] : [line]
  }

  /// What else the figures say: ratios, and what keeps them from being taken at their face.
  var remarks: [String] {
    var lines: [String] = []
    for ratio in ratios {
      var line = "against \(ratio.peer): \(Decimal.hundredths(ratio.throughput))"
      if let processorTime = ratio.processorTime, ratio.isSpread {
        line +=
          "; by CPU time \(Decimal.hundredths(processorTime)), which decides: "
          + "slices spread over \(Int(Self.spreadLimit * 100)) %"
      } else if ratio.isSpread {
        line += " (slices spread over \(Int(Self.spreadLimit * 100)) %: run it for longer)"
      }
      lines.append(line)
    }
    for result in results where !result.isMeasured {
      lines.append("\(result.target): no slice was measured")
    }
    if results.contains(where: { $0.wire == .shm }), results.contains(where: { $0.wire != .shm }) {
      lines.append(
        "connections and depth are not the map's: each thread runs one operation after another "
          + "on it")
    }
    for result in results where result.unsent > 0 {
      lines.append(
        "\(result.target): \(Decimal.grouped(Double(result.unsent))) requests were due and never "
          + "sent, as the server or this machine did not keep up")
    }
    return lines
  }

  static func counted(_ count: Int, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
  }
}
