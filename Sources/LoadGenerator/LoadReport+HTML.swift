// SPDX-License-Identifier: Apache-2.0

extension LoadReport {
  /// The report as a page that needs nothing else: no scripts, no files, no network.
  public func html(_ setting: ReportSetting) -> String {
    let notes = headline.map { "<p>\(Markup.escaped($0))</p>" }
    let remarks = remarks.map { "<p>\(Markup.escaped($0))</p>" }
    let lines =
      [
        "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\"/>",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>",
        "<title>\(Markup.escaped(headline.first ?? "bench"))</title>",
        "<style>\(ReportStyle.page)\n\(ReportStyle.plots)</style>", "</head>", "<body>",
        "<h1>atomics-client bench</h1>",
      ] + notes
      + [
        "<p class=\"quiet\"><code>\(Markup.escaped(setting.command))</code></p>",
        "<p class=\"quiet\">\(Markup.escaped(setting.date)), \(Markup.escaped(setting.machine))</p>",
        "<div class=\"wide\">", htmlTable, "</div>",
      ] + remarks
      + [
        legend, embedded(throughput), legend, embedded(latency),
        "<p class=\"quiet\">\(explanation)</p>", "</body>", "</html>",
      ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The names of a plot's lines.
  private var legend: String {
    let names = results.enumerated().map { number, result in
      "<span class=\"name\"><span class=\"key c\(color(number))\"></span>"
        + "\(Markup.escaped(result.target))</span>"
    }
    return "<p class=\"keys\">" + names.joined(separator: " ") + "</p>"
  }

  private var htmlTable: String {
    let names =
      ["target", "op/s (median)", "spread", "CPU ns/op"] + LatencyCurve().named.map(\.name)
    var lines = ["<table>", "<thead><tr>"]
    lines += names.map { "<th>\($0)</th>" } + ["</tr></thead>", "<tbody>"]
    for (number, result) in results.enumerated() {
      let key = "<span class=\"key c\(color(number))\"></span>"
      let cells =
        [
          result.isMeasured ? Decimal.grouped(result.operationsPerSecond) : "–",
          result.isMeasured ? "\(Int((result.spread * 100).rounded())) %" : "–",
          result.processorNanoseconds.map(Decimal.grouped) ?? "–",
        ]
        + result.latency.named.map {
          result.isMeasured ? ChartAxis.duration($0.microseconds) : "–"
        }
      lines.append(
        "<tr><td>\(key)\(Markup.escaped(result.target))</td>"
          + cells.map { "<td>\($0)</td>" }.joined() + "</tr>")
    }
    return (lines + ["</tbody>", "</table>"]).joined(separator: "\n")
  }

  /// What the figures are.
  private var explanation: String {
    let loop =
      plan.rate == nil
      ? "Closed loop: each connection sends \(plan.depth) at once and the next when all are "
        + "answered; a latency is from sending them to the last reply."
      : "Open loop: requests are sent when they are due, and a latency counts from then; what was "
        + "due and never sent counts to the end of its slice."
    return loop + " Targets take turns in slices of \(plan.sliceMilliseconds) ms; spread is the "
      + "greatest less the least slice, over the median. CPU is the processor time of the server's "
      + "whole process. A ratio above 1 means that the first target is better."
  }
}
