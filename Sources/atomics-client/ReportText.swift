// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import JSONText

/// An arena's report, as text.
struct ReportText {
  let report: ArenaReport

  init(_ report: ArenaReport) {
    self.report = report
  }

  /// `stat`, a fact a line, then an attachment a line.
  var lines: [String] {
    let levels = report.waitingLevels
    let index =
      "\(report.indexUsed) of \(report.indexWords) words used, \(report.indexDead) tombstones"
      + (levels == 0 ? "" : ", \(levels) old \(levels == 1 ? "level waits" : "levels wait")")
    var lines = [
      "registers   \(report.live) of at most \(report.capacity)",
      "free        \(slots(report.free))", "waiting     \(slots(report.waiting))",
      "pinned      \(slots(report.pinned))",
      "memory      \(slots(report.committed)), dir \(Self.size(report.directoryBytes)), "
        + "val \(Self.size(report.valuesBytes))",
      "index       \(index)", "deletions   \(report.deleteEpoch)",
      "damage      \(damage)",
    ]
    lines += report.attachments.map(line)
    if report.attachmentsLeftOut > 0 {
      lines.append("and \(report.attachmentsLeftOut) more lock bytes")
    }
    return lines
  }

  private func line(_ attachment: ArenaReport.Attachment) -> String {
    var processes = attachment.processes.map { "\($0.program) (process \($0.identifier))" }
    let unnamed = attachment.processesLeftOut
    if unnamed > 0 {
      let count = "\(unnamed) \(unnamed == 1 ? "process" : "processes")"
      processes.append(processes.isEmpty ? count : "\(unnamed) more")
    }
    return "lock byte \(attachment.lockByte) holds back \(slots(attachment.waiting)): "
      + (processes.isEmpty ? "processes out of sight" : processes.joined(separator: ", "))
  }

  private var damage: String {
    guard let damage = report.damage else { return "not told" }
    let state = damage.isUnrepaired ? "; NOT REPAIRED YET" : ""
    guard damage.count > 0 else { return "none found" + state }
    return "found \(damage.count) \(damage.count == 1 ? "time" : "times"), last "
      + DescriptionText.date(damage.lastUnixNanoseconds)
      + (damage.last.map { ": \($0)" } ?? "") + state
  }

  private func slots(_ count: Int) -> String { "\(count) \(count == 1 ? "slot" : "slots")" }

  /// In the largest unit that leaves a whole part.
  static func size(_ byteCount: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(byteCount)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(byteCount) bytes" : "\(decimal(value)) \(units[unit])"
  }

  /// One object.
  var json: String {
    var object = JSONWriter.object()
    object.member("capacity", report.capacity)
    object.member("live", report.live)
    object.member("free", report.free)
    object.member("waiting", report.waiting)
    object.member("pinned", report.pinned)
    object.member("committed", report.committed)
    object.member("delete_epoch", report.deleteEpoch)
    object.member("index_words", report.indexWords)
    object.member("index_used", report.indexUsed)
    object.member("index_dead", report.indexDead)
    object.member("waiting_levels", report.waitingLevels)
    object.member("directory_bytes", report.directoryBytes)
    object.member("values_bytes", report.valuesBytes)
    if let damage = report.damage {
      object.name("damage")
      object.beginObject()
      object.member("count", damage.count)
      if let last = damage.last { object.member("last", last) }
      if damage.count > 0 {
        object.member("last_unix_ms", damage.lastUnixNanoseconds / 1_000_000)
      }
      object.member("unrepaired", damage.isUnrepaired)
      object.endObject()
    }
    object.name("attachments")
    object.beginArray()
    for attachment in report.attachments {
      object.beginObject()
      object.member("lock_byte", attachment.lockByte)
      object.member("waiting", attachment.waiting)
      object.name("processes")
      object.beginArray()
      for process in attachment.processes {
        object.beginObject()
        object.member("pid", process.identifier)
        object.member("program", process.program)
        object.endObject()
      }
      object.endArray()
      if attachment.processesLeftOut > 0 {
        object.member("processes_left_out", attachment.processesLeftOut)
      }
      object.endObject()
    }
    object.endArray()
    if report.attachmentsLeftOut > 0 {
      object.member("attachments_left_out", report.attachmentsLeftOut)
    }
    return object.line
  }
}
