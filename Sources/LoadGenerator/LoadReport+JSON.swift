// SPDX-License-Identifier: Apache-2.0

import JSONText

extension LoadReport {
  /// One JSON object: `{"results":[…],"ratios":{"redis":1.12}}` and the plan.
  public var json: String {
    var json = JSONWriter()
    json.beginObject()
    json.member("operation", plan.mix.title)
    json.member("connections", plan.connections)
    json.member("depth", plan.depth)
    json.member("threads", plan.threads)
    if let rate = plan.rate {
      json.name("rate")
      json.number(text: Decimal.tenths(rate))
    }
    json.name("names")
    json.beginObject()
    json.member("register", plan.names.base)
    json.member("count", plan.names.count)
    json.member("distribution", plan.names.distribution.title)
    json.name("by_name")
    json.bool(plan.names.isByName)
    json.endObject()
    json.member("slice_ms", plan.sliceMilliseconds)
    json.name("interrupted")
    json.bool(isInterrupted)
    json.name("results")
    json.beginArray()
    for result in results { Self.write(result, to: &json) }
    json.endArray()
    writeRatios(to: &json)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// Exact enough to be judged: who prints it rounds it.
  private static func ratio(_ value: Double) -> String { Decimal.fixed(value, digits: 4) }

  private func writeRatios(to json: inout JSONWriter) {
    json.name("ratios")
    json.beginObject()
    for ratio in ratios {
      json.name(ratio.peer)
      json.number(text: Self.ratio(ratio.throughput))
    }
    json.endObject()
    json.name("cpu_ratios")
    json.beginObject()
    for ratio in ratios {
      guard let processorTime = ratio.processorTime else { continue }
      json.name(ratio.peer)
      json.number(text: Self.ratio(processorTime))
    }
    json.endObject()
    json.name("decided_by")
    json.beginObject()
    for ratio in ratios {
      json.member(ratio.peer, ratio.isDecidedByProcessorTime ? "cpu" : "throughput")
    }
    json.endObject()
  }

  private static func write(_ result: Result, to json: inout JSONWriter) {
    json.beginObject()
    json.member("target", result.target)
    json.member("protocol", result.wire.rawValue)
    json.name("operations_per_second")
    if result.isMeasured {
      json.number(Int(result.operationsPerSecond.rounded()))
    } else {
      json.null()
    }
    json.name("spread")
    json.number(text: Self.ratio(result.spread))
    json.name("cpu_ns_per_operation")
    if let nanoseconds = result.processorNanoseconds {
      json.number(text: Decimal.tenths(nanoseconds))
    } else {
      json.null()
    }
    json.member("unsent", result.unsent)
    json.name("slices")
    json.beginArray()
    for slice in result.slices { json.number(Int(slice.operationsPerSecond.rounded())) }
    json.endArray()
    json.member("latencies", result.latency.count)
    json.name("latency_us")
    json.beginObject()
    for (name, microseconds) in result.latency.named {
      json.name(name)
      json.number(text: Decimal.tenths(microseconds))
    }
    json.endObject()
    json.endObject()
  }
}
