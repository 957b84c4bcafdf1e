// SPDX-License-Identifier: Apache-2.0

/// Where and how a load run was made, for its report.
public struct ReportSetting: Equatable, Sendable {
  /// The command as it was given.
  public var command: String
  /// When the run ended.
  public var date: String
  /// The processor's model.
  public var processor: String
  /// How many logical processors there are.
  public var processorCount: Int

  public init(command: String, date: String, processor: String, processorCount: Int) {
    self.command = command
    self.date = date
    self.processor = processor
    self.processorCount = processorCount
  }

  /// The machine, in a line.
  var machine: String {
    "\(processor), \(LoadReport.counted(processorCount, "logical processor"))"
  }
}
