// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LoadGenerator

@Suite struct LoadReportTests {
  private func result(_ target: String, _ wire: LoadTarget.Wire, _ slices: [Double])
    -> LoadReport.Result
  {
    LoadReport.Result(
      target: target, wire: wire, operationsPerSecond: LoadReport.median(slices), slices: slices,
      latency: LoadReport.Latency(p50: 12.34, p90: 20, p99: 30.06, p999: 40, maximum: 1234.5))
  }

  @Test("the median is the middle, or the mean of the two in the middle")
  func median() {
    #expect(LoadReport.median([]) == 0)
    #expect(LoadReport.median([3]) == 3)
    #expect(LoadReport.median([9, 1, 5]) == 5)
    #expect(LoadReport.median([4, 1, 2, 100]) == 3)
  }

  @Test("ratios speak of the first target, by the others' protocols or addresses")
  func ratios() {
    let report = LoadReport(
      connections: 50, depth: 1, operation: "inc_fetch",
      results: [
        result("atr://a:1", .atr, [112, 100, 120]), result("redis://b:1", .redis, [100]),
        result("atr://c:1", .atr, [56]), result("atr://d:1", .atr, [28]),
      ])
    let ratios = Dictionary(uniqueKeysWithValues: report.ratios.map { ($0.peer, $0.ratio) })
    #expect(ratios == ["redis": 1.12, "atr://c:1": 2, "atr://d:1": 4])
    #expect(abs(report.results[0].spread - 20.0 / 112) < 1e-9)
  }

  @Test("the JSON is JSON, and holds results and ratios")
  func json() throws {
    let report = LoadReport(
      connections: 50, depth: 16, operation: "inc_fetch",
      results: [
        result("unix:/a \"b\"", .atr, [1_000_000.4]), result("redis://b:1", .redis, [890_000]),
      ])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    #expect(object["depth"] as? Int == 16)
    #expect((object["ratios"] as? [String: Double])?["redis"] == 1.12)
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results[0]["target"] as? String == "unix:/a \"b\"")
    #expect(results[0]["operations_per_second"] as? Int == 1_000_000)
    #expect((results[1]["latency_us"] as? [String: Double])?["p99"] == 30.1)
  }

  @Test("the table has a line for each target and each ratio")
  func table() {
    let report = LoadReport(
      connections: 2, depth: 1, operation: "inc_fetch",
      results: [result("atr://a:1", .atr, [2_000_000]), result("redis://b:1", .redis, [1_000_000])])
    let lines = report.table.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[0] == "inc_fetch, 2 connections, depth 1")
    #expect(lines[2].contains("2 000 000"))
    #expect(lines[2].contains("1234.5"))
    #expect(lines[4] == "against redis: 2.00")
  }
}
