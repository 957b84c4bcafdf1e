// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import JSONText
import RegisterService

/// What `/v1/capabilities` tells: types, widths, operations, orders, limits, and which arena it is.
///
/// Made once, at the start: nothing in it changes while the server lives, and making it takes as
/// long as a hundred requests.
enum CapabilitiesDocument {
  static func text(_ service: RegisterService, _ limits: ServerLimits) -> [UInt8] {
    var json = JSONWriter(reserving: 8192)
    json.beginObject()
    json.name("types")
    write(RegisterType.all.map(\.name), to: &json)
    json.name("kinds")
    write(AtomicKind.allCases.map { "\($0)" }, to: &json)
    json.name("widths")
    json.beginArray()
    for width in AtomicWidth.allCases {
      json.beginObject()
      json.member("bytes", width.byteCount)
      json.member("lock_free", width.isLockFree)
      json.member("read_only_load", width.hasReadOnlyLoad)
      json.endObject()
    }
    json.endArray()
    json.name("operations")
    json.beginArray()
    for route in OperationRoute.all { write(route, to: &json) }
    json.endArray()
    json.name("failure_orders")
    json.beginObject()
    for order in MemoryOrder.allCases {
      json.name(order.name)
      write(
        MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: order) }.map(\.name), to: &json)
    }
    json.endObject()
    json.name("overflow")
    write(OverflowPolicy.allCases.map(\.name), to: &json)
    json.name("relations")
    write(ValueRelation.allCases.map(\.name), to: &json)
    write(limits, to: &json)
    json.member("boot_epoch", String(service.bootEpoch))
    json.member("arena_uuid", uuidText(service.arenaUUID))
    json.endObject()
    return json.bytes
  }

  private static func write(_ route: OperationRoute, to json: inout JSONWriter) {
    let name = route.name
    let row = name.operation.row
    json.beginObject()
    json.member("name", name.name)
    json.name("aliases")
    write(name.aliases, to: &json)
    json.name("members")
    write(route.operands.map(\.name), to: &json)
    json.name("optional_members")
    write(route.optional.map(\.name), to: &json)
    json.name("orders")
    write(MemoryOrder.allCases.filter { row.orders.permits($0) }.map(\.name), to: &json)
    json.name("kinds")
    let kinds = AtomicKind.allCases.filter { row.kinds.contains($0) }
    write(kinds.map { "\($0)" }, to: &json)
    if row.modifier != .none {
      // Those on which the members that change how the operation works may be used.
      json.name("modifier_kinds")
      write(kinds.filter { row.modifier.exists(on: $0) }.map { "\($0)" }, to: &json)
    }
    json.endObject()
  }

  private static func write(_ limits: ServerLimits, to json: inout JSONWriter) {
    json.name("limits")
    json.beginObject()
    json.member("connections", limits.connections)
    json.member("body_bytes", limits.bodyBytes)
    json.member("header_bytes", limits.headerBytes)
    json.member("header_fields", limits.headerFields)
    json.member("target_bytes", limits.targetBytes)
    json.member("streams", limits.concurrentStreams)
    json.member("http2_nuisances", limits.http2Nuisances)
    json.member("http2_nuisances_per_second", limits.http2NuisancesPerSecond)
    json.member("http2_acknowledgements", limits.http2Acknowledgements)
    json.member("http2_continuations", limits.http2Continuations)
    json.member("http2_settings_entries", limits.http2SettingsEntries)
    json.member("stall_ms", limits.stallSeconds * 1000)
    json.member("frame_bytes", limits.frameBytes)
    json.member("handles", limits.handles)
    json.member("batch_operations", limits.batchOperations)
    json.member("waits", limits.waits)
    json.member("wait_ms", min(limits.waitNanoseconds, limits.waitLimitNanoseconds) / 1_000_000)
    json.member("wait_limit_ms", limits.waitLimitNanoseconds / 1_000_000)
    json.member("watches", limits.watches)
    json.member("watched_registers", limits.watchedRegisters)
    json.member("heartbeat_ms", limits.heartbeatNanoseconds / 1_000_000)
    json.member("opening_ms", limits.classificationNanoseconds / 1_000_000)
    json.member("head_ms", limits.headNanoseconds / 1_000_000)
    json.member("body_bytes_per_second", ServerLimits.bodyBytesPerSecond)
    json.member("list_registers", JSONAPI.pageLimit)
    json.member("name_bytes", RegisterService.nameLimit)
    json.endObject()
  }

  private static func write(_ texts: [String], to json: inout JSONWriter) {
    json.beginArray()
    for text in texts { json.string(text) }
    json.endArray()
  }

  /// The usual 8-4-4-4-12 form (RFC 9562 §4), lowest byte first.
  static func uuidText(_ uuid: UInt128) -> String {
    var text = ""
    for byte in 0..<16 {
      if [4, 6, 8, 10].contains(byte) { text += "-" }
      let value = UInt8(truncatingIfNeeded: uuid >> UInt128(8 * byte))
      text += String(value >> 4, radix: 16) + String(value & 15, radix: 16)
    }
    return text
  }
}
