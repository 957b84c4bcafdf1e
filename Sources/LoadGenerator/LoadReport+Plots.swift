// SPDX-License-Identifier: Apache-2.0

import Glibc

extension LoadReport {
  /// The report as an SVG that needs nothing else: both plots, with what was run in words.
  public func svg(_ setting: ReportSetting) -> String {
    let notes = headline + [setting.command, "\(setting.date), \(setting.machine)"]
    let legend = legendRows
    let head = 20.0 * Double(notes.count + legend.count) + 24
    let height = head + 2 * Chart.height
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Decimal.tenths(Chart.width)) "
        + "\(Decimal.tenths(height))\" width=\"\(Decimal.tenths(Chart.width))\" "
        + "height=\"\(Decimal.tenths(height))\" role=\"img\">",
      "<style>\(ReportStyle.plots)</style>",
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
    ]
    var place = 24.0
    for note in notes {
      lines.append(
        "<text class=\"label\" x=\"12\" y=\"\(Decimal.tenths(place))\">"
          + Markup.escaped(Self.shortened(note)) + "</text>")
      place += 20
    }
    for (number, text) in legend.enumerated() {
      lines.append(
        "<circle class=\"dot c\(color(number))\" cx=\"18\" cy=\"\(Decimal.tenths(place - 4))\" "
          + "r=\"5\"/><text x=\"32\" y=\"\(Decimal.tenths(place))\">\(Markup.escaped(text))</text>")
      place += 20
    }
    lines.append(throughput.group(at: head))
    lines.append(latency.group(at: head + Chart.height))
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  /// What fits on a line of the picture.
  private static func shortened(_ text: String) -> String {
    text.count <= 116 ? text : text.prefix(115) + "…"
  }

  private var legendRows: [String] {
    results.map { result in
      guard result.isMeasured else {
        return Self.shortened("\(result.target): no slice was measured")
      }
      let latency = result.latency
      return Self.shortened(
        "\(result.target): \(Decimal.grouped(result.operationsPerSecond)) op/s (median), "
          + "p50 \(ChartAxis.duration(latency.p50)), p99 \(ChartAxis.duration(latency.p99)), "
          + "max \(ChartAxis.duration(latency.maximum))")
    }
  }

  /// The colour of a result.
  func color(_ number: Int) -> Int { number % ReportStyle.colorCount }

  /// One plot as an SVG within a page, whose style it uses.
  func embedded(_ chart: Chart) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Decimal.tenths(Chart.width)) "
      + "\(Decimal.tenths(Chart.height))\" role=\"img\" aria-label=\"\(Markup.escaped(chart.title))\">"
      + "\n\(chart.group(at: 0))\n</svg>"
  }

  /// Operations a second of every slice, over time.
  var throughput: Chart {
    let slices = results.flatMap(\.slices)
    return Chart(
      title: "Throughput of each slice", xLabel: "seconds since the first slice",
      yLabel: "operations a second",
      x: .fromZero(to: slices.map(\.start).max() ?? 1, endsThere: true) { Self.seconds($0) },
      y: .fromZero(to: slices.map(\.operationsPerSecond).max() ?? 1, unit: ChartAxis.count),
      series: results.enumerated().map { number, result in
        Chart.Series(
          color: color(number), name: result.target,
          points: result.slices.map { ($0.start, $0.operationsPerSecond) })
      }, hasDots: true)
  }

  private static func seconds(_ value: Double) -> String {
    let text = Decimal.tenths(value)
    return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " s"
  }

  /// Latencies by percentile.
  var latency: Chart {
    let points = results.flatMap(\.latency.points)
    let most = results.map { $0.latency.points.count }.max() ?? 0
    let decades = Double(max(0, most - 1)) / Double(LatencyCurve.pointsPerDecade)
    let what =
      plan.rate == nil
      ? "from sending \(plan.depth == 1 ? "a request" : "a batch of \(plan.depth)") to its reply"
      : "from when a request was due to its reply"
    return Chart(
      title: "Latency by percentile", xLabel: "percentile", yLabel: what,
      x: .percentiles(decades: decades),
      y: .microseconds(
        from: points.map(\.microseconds).min() ?? 1, to: points.map(\.microseconds).max() ?? 10),
      series: results.enumerated().map { number, result in
        Chart.Series(
          color: color(number), name: result.target,
          points: result.latency.points.enumerated().map { step, point in
            (
              Double(step) / Double(LatencyCurve.pointsPerDecade),
              log10(max(point.microseconds, 0.001))
            )
          })
      }, hasDots: false)
  }
}
