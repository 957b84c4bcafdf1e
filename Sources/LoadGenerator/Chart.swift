// SPDX-License-Identifier: Apache-2.0

/// A plot of lines as SVG. Axes are linear: who wants another scale plots logarithms and says so
/// in the ticks.
///
///     title
///     y label
///       ^ |  lines
///       | |
///         +--------->
///           x label
struct Chart {
  struct Series {
    /// Which colour, by ``ReportStyle``.
    var color: Int
    var name: String
    var points: [(x: Double, y: Double)]
  }

  var title: String
  var xLabel: String
  var yLabel: String
  var x: ChartAxis
  var y: ChartAxis
  var series: [Series]
  /// Whether each point gets a dot, for points that were measured one by one.
  var hasDots: Bool

  static let width = 860.0
  static let height = 340.0
  /// The place of the lines within the whole.
  private static let left = 78.0
  private static let right = 26.0
  private static let top = 52.0
  private static let bottom = 52.0

  /// The plot as a group whose upper edge is at `offset`.
  func group(at offset: Double) -> String {
    var lines = ["<g transform=\"translate(0 \(Decimal.tenths(offset)))\">"]
    lines.append(text(title, x: 12, y: 20, "title"))
    lines.append(text(yLabel, x: 12, y: 40, "label"))
    lines += frame
    for series in series { lines += draw(series) }
    lines.append("</g>")
    return lines.joined(separator: "\n")
  }

  private var frame: [String] {
    let end = Self.width - Self.right
    let base = Self.height - Self.bottom
    var lines: [String] = []
    for tick in y.ticks {
      let place = vertical(tick.value)
      lines.append(line(Self.left, place, end, place, "grid"))
      lines.append(text(tick.text, x: Self.left - 8, y: place + 4, "tick end"))
    }
    for tick in x.ticks {
      let place = horizontal(tick.value)
      lines.append(line(place, Self.top, place, base, "grid"))
      lines.append(text(tick.text, x: place, y: base + 18, "tick middle"))
    }
    lines.append(line(Self.left, base, end, base, "axis"))
    lines.append(line(Self.left, Self.top, Self.left, base, "axis"))
    lines.append(text(xLabel, x: (Self.left + end) / 2, y: base + 40, "label middle"))
    return lines
  }

  private func draw(_ series: Series) -> [String] {
    let places = series.points.map { (horizontal($0.x), vertical($0.y)) }
    let path = places.map { "\(Decimal.tenths($0.0)),\(Decimal.tenths($0.1))" }
      .joined(separator: " ")
    var lines = ["<polyline class=\"line c\(series.color)\" points=\"\(path)\"/>"]
    // More dots than this would hide the line.
    if hasDots, places.count <= 60 {
      for (point, place) in zip(series.points, places) {
        lines.append(
          "<circle class=\"dot c\(series.color)\" cx=\"\(Decimal.tenths(place.0))\" "
            + "cy=\"\(Decimal.tenths(place.1))\" r=\"3\"><title>"
            + Markup.escaped("\(series.name): \(y.name(point.y)) at \(x.name(point.x))")
            + "</title></circle>")
      }
    }
    return lines
  }

  private func horizontal(_ value: Double) -> Double {
    Self.left + x.share(of: value) * (Self.width - Self.left - Self.right)
  }

  private func vertical(_ value: Double) -> Double {
    Self.height - Self.bottom - y.share(of: value) * (Self.height - Self.top - Self.bottom)
  }

  private func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
  ) -> String {
    "<line class=\"\(style)\" x1=\"\(Decimal.tenths(x1))\" y1=\"\(Decimal.tenths(y1))\" "
      + "x2=\"\(Decimal.tenths(x2))\" y2=\"\(Decimal.tenths(y2))\"/>"
  }

  private func text(_ text: String, x: Double, y: Double, _ style: String) -> String {
    "<text class=\"\(style)\" x=\"\(Decimal.tenths(x))\" y=\"\(Decimal.tenths(y))\">"
      + Markup.escaped(text) + "</text>"
  }
}
