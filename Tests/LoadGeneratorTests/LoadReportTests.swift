// SPDX-License-Identifier: Apache-2.0

import Foundation
import FoundationXML
import Histogram
import Testing

@testable import LoadGenerator

@Suite struct LoadReportTests {
  private func result(
    _ target: String, _ wire: LoadTarget.Wire, _ slices: [Double], processor: Double? = nil
  ) -> LoadReport.Result {
    var latencies = Histogram<UInt64>(highestTrackableValue: 60_000_000_000)
    for value in 1...1000 { latencies.record(UInt64(value) * 10_000) }
    return LoadReport.Result(
      target: target, wire: wire, operationsPerSecond: LoadReport.median(slices),
      slices: slices.enumerated().map {
        LoadReport.Slice(start: Double($0.offset), operationsPerSecond: $0.element)
      }, latency: LatencyCurve(latencies), processorNanoseconds: processor)
  }

  private func report(_ results: [LoadReport.Result], rate: Double? = nil) throws -> LoadReport {
    LoadReport(
      plan: LoadPlan(
        targets: [], connections: 50, depth: 16, rate: rate, mix: try OperationMix("inc_fetch")),
      results: results)
  }

  private let setting = ReportSetting(
    command: "atomics-client bench --register '<&>'", date: "2026-01-01T00:00:00Z",
    processor: "A & B", processorCount: 2)

  @Test("the median is the middle, or the mean of the two in the middle")
  func median() {
    #expect(LoadReport.median([]) == 0)
    #expect(LoadReport.median([3]) == 3)
    #expect(LoadReport.median([9, 1, 5]) == 5)
    #expect(LoadReport.median([4, 1, 2, 100]) == 3)
  }

  @Test("ratios speak of the first target, by the others' protocols or addresses")
  func ratios() throws {
    let report = try report([
      result("atr://a:1", .atr, [112, 100, 120]), result("redis://b:1", .redis, [100]),
      result("atr://c:1", .atr, [56]), result("atr://d:1", .atr, [28]),
    ])
    let ratios = Dictionary(
      uniqueKeysWithValues: report.ratios.map { ($0.peer, $0.throughput) })
    #expect(ratios == ["redis": 1.12, "atr://c:1": 2, "atr://d:1": 4])
    #expect(abs(report.results[0].spread - 20.0 / 112) < 1e-9)
  }

  @Test("processor time decides where slices are spread and it is known")
  func decides() throws {
    let steady = try report([
      result("atr://a:1", .atr, [100], processor: 10),
      result("redis://b:1", .redis, [100], processor: 30),
    ]).ratios[0]
    #expect(steady.processorTime == 3)
    #expect(!steady.isDecidedByProcessorTime)
    let spread = try report([
      result("atr://a:1", .atr, [100, 90, 105], processor: 10),
      result("redis://b:1", .redis, [100], processor: 30),
    ])
    #expect(spread.ratios[0].isDecidedByProcessorTime)
    #expect(spread.table.contains("against redis: 1.00; by CPU time 3.00, which decides"))
    let unknown = try report([
      result("atr://a:1", .atr, [100, 90, 105]),
      result("redis://b:1", .redis, [100], processor: 30),
    ])
    #expect(!unknown.ratios[0].isDecidedByProcessorTime)
    #expect(unknown.table.contains("run it for longer"))
  }

  @Test("the JSON is JSON, and holds results and ratios")
  func json() throws {
    let report = try report(
      [
        result("unix:/a \"b\"", .atr, [1_000_000.4], processor: 250.04),
        result("redis://b:1", .redis, [890_000]),
      ], rate: 5000)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    #expect(object["depth"] as? Int == 16)
    #expect(object["rate"] as? Double == 5000)
    #expect(object["interrupted"] as? Bool == false)
    #expect((object["names"] as? [String: Any])?["register"] as? String == "bench")
    #expect(object["ratios"] as? [String: Double] == ["redis": 1.1236])
    #expect(object["cpu_ratios"] as? [String: Double] == [:])
    #expect(object["decided_by"] as? [String: String] == ["redis": "throughput"])
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results[0]["target"] as? String == "unix:/a \"b\"")
    #expect(results[0]["operations_per_second"] as? Int == 1_000_000)
    #expect(results[0]["cpu_ns_per_operation"] as? Double == 250)
    #expect(results[1]["cpu_ns_per_operation"] is NSNull)
    let latency = try #require(results[1]["latency_us"] as? [String: Double])
    #expect(Set(latency.keys) == ["p50", "p90", "p99", "p99.9", "p99.99", "max"])
    #expect(abs((latency["p99"] ?? 0) - 9900) < 10)
  }

  @Test("the table has a line for each target and each ratio")
  func table() throws {
    let report = try report([
      result("atr://a:1", .atr, [2_000_000]), result("redis://b:1", .redis, [1_000_000]),
    ])
    let lines = report.table.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[0] == "inc_fetch on bench, 50 connections, depth 16")
    #expect(lines[2].contains("2 000 000"))
    #expect(lines[4] == "against redis: 2.00")
  }

  @Test("what was not measured has no figures and no ratio")
  func unmeasured() throws {
    let none = result("redis://b:1", .redis, [])
    for results in [
      [result("atr://a:1", .atr, [100]), none], [none, result("atr://a:1", .atr, [100])],
    ] {
      let report = try report(results)
      #expect(report.ratios.isEmpty && !report.isMeasured)
      #expect(report.table.contains("redis://b:1: no slice was measured"))
      let line = report.table.split(separator: "\n").first { $0.hasPrefix("redis://b:1 ") }
      #expect(line?.split(separator: " ").dropFirst().allSatisfy { $0 == "-" } == true)
      #expect(report.json.contains("\"operations_per_second\":null"))
      #expect(report.html(setting).contains("redis://b:1</td><td>–</td><td>–</td>"))
      #expect(report.svg(setting).contains("redis://b:1: no slice was measured"))
    }
  }

  @Test("connections and depth are told where there are any")
  func connections() throws {
    let map = result("shm:/a", .shm, [100])
    #expect(try report([map]).table.hasPrefix("inc_fetch on bench\n"))
    let mixed = try report([map, result("atr://a:1", .atr, [100])]).table
    #expect(mixed.contains("50 connections, depth 16"))
    #expect(mixed.contains("connections and depth are not the map's"))
  }

  @Test("the names of a plot's lines stand at both plots of a page")
  func legend() throws {
    let html = try report([result("atr://a:1", .atr, [100])]).html(setting)
    let key = "<span class=\"key c0\"></span>atr://a:1</span></p>\n<svg"
    #expect(html.components(separatedBy: key).count == 3)
  }

  @Test("what a server did not keep up with is told")
  func unsent() throws {
    var result = result("atr://a:1", .atr, [1000])
    result.unsent = 12_345
    let report = try report([result], rate: 50_000)
    #expect(report.table.contains("50 000 op/s asked for"))
    #expect(report.table.contains(": 12 345 requests were due and never sent"))
  }

  /// The names of all elements; nil: not well-formed.
  private func elements(_ text: String) -> [String]? {
    final class Names: NSObject, XMLParserDelegate {
      var names: [String] = []
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String] = [:]
      ) {
        names.append(name)
      }
    }
    let parser = XMLParser(data: Data(text.utf8))
    let names = Names()
    parser.delegate = names
    return parser.parse() ? names.names : nil
  }

  @Test("reports are well-formed, need nothing else, and show every target", arguments: [0, 1, 9])
  func reports(count: Int) throws {
    let results = (0..<count).map {
      result("atr://<\($0)>&:1", .atr, Array(repeating: Double($0) * 1e6, count: $0))
    }
    let report = try report(results)
    for text in [report.html(setting), report.svg(setting)] {
      let names = try #require(elements(text))
      #expect(names.count { $0 == "polyline" } == 2 * count)
      #expect(!names.contains("script") && !names.contains("link") && !names.contains("img"))
      #expect(!text.contains("url(") && !text.contains("@import") && !text.contains("nan"))
      #expect(text.contains("prefers-color-scheme:dark"))
      #expect(text.contains("A &amp; B, 2 logical processors"))
      #expect(text.contains("&lt;&amp;&gt;"))
    }
  }

  @Test("a curve goes as far as there are latencies to tell points apart")
  func curve() {
    let curve = result("a", .atr, [1]).latency
    #expect(curve.count == 1000)
    #expect(curve.points.count == 3 * 16 + 1)
    #expect(abs(curve.points[16].percentile - 90) < 1e-9)
    #expect(abs(curve.points[16].microseconds - 9000) < 10)
    #expect(curve.p9999 == curve.maximum)
  }

  @Test("axes have round marks")
  func axes() {
    let axis = ChartAxis.fromZero(to: 1_234_000, unit: ChartAxis.count)
    #expect(axis.ticks.map(\.text) == ["0", "500 k", "1 M", "1.5 M"])
    #expect(axis.share(of: 750_000) == 0.5)
    #expect(ChartAxis.fromZero(to: 0, unit: ChartAxis.count).high > 0)
    let open = ChartAxis.fromZero(to: 11, endsThere: true, unit: ChartAxis.count)
    #expect(open.high == 11)
    #expect(open.ticks.map(\.text) == ["0", "5", "10"])
    let wide = ChartAxis.microseconds(from: 7, to: 8_000)
    #expect(wide.ticks.map(\.text) == ["10 µs", "100 µs", "1 ms", "10 ms"])
    let narrow = ChartAxis.microseconds(from: 30, to: 90)
    #expect(narrow.ticks.map(\.text) == ["20 µs", "50 µs", "100 µs"])
    #expect(
      ChartAxis.percentiles(decades: 2).ticks.map(\.text) == ["0 %", "50 %", "90 %", "99 %"])
  }

  @Test(
    "durations and counts are told in the unit that suits them",
    arguments: [
      (0.0123, "12.3 ns"), (0.9996, "1 µs"), (12.34, "12.3 µs"), (999.7, "1 ms"),
      (1500, "1.5 ms"), (123_456, "123 ms"), (2_500_000, "2.5 s"),
    ])
  func durations(microseconds: Double, text: String) {
    #expect(ChartAxis.duration(microseconds) == text)
  }
}
