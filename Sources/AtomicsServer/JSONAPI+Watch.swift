// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService

/// `GET /v1/watch`: what is asked; who answers it is ``LastingAnswers``.
extension JSONAPI {
  /// - Throws: ``Problem`` for whatever keeps the stream from beginning: then nothing is watched.
  func watch(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget
  ) throws(Problem) -> WatchQuestion {
    try Self.refusePreconditions(request)
    let (names, prefixes, interval) = try Self.watched(target, limit: context.limits.watches)
    for name in names { try require(.read, on: name.utf8.span) }
    guard !context.isDraining else {
      throw Problem(.shuttingDown, "the server ends: connect again, and watch anew")
    }
    var subjects: [WatchQuestion.Subject] = []
    for name in names {
      do throws(Problem) {
        subjects.append(
          WatchQuestion.Subject(name: name, register: try find(name.utf8.span)))
      } catch {
        var problem = error
        problem.register = name
        throw problem
      }
    }
    // What a prefix covers is told of once.
    subjects.removeAll { subject in
      prefixes.contains { subject.name.utf8.starts(with: $0) }
    }
    return WatchQuestion(
      subjects: subjects, prefixes: prefixes, intervalNanoseconds: interval,
      isResumed: request.fields.first(.lastEventID).map { !$0.isEmpty } ?? false,
      wantsHeadOnly: request.method == .head, caller: try caller(request))
  }

  /// Names and prefixes of the query, which stand in it as often as need be, and the interval in
  /// nanoseconds.
  private static func watched(
    _ target: HTTPTarget, limit: Int
  ) throws(Problem) -> (names: [String], prefixes: [[UInt8]], interval: UInt64) {
    var names: [String] = []
    var known: Set<String> = []
    var prefixes: [[UInt8]] = []
    let intervalName = RequestMember.interval.name
    var interval: UInt64?
    for item in try RequestMembers.queryItems(of: target) {
      switch item.name {
      case "name":
        do throws(ServiceError) {
          try RegisterService.checkName(item.value.utf8.span)
        } catch {
          var problem = Problem(error)
          problem.member = item.name
          throw problem
        }
        guard known.insert(item.value).inserted else {
          throw Problem(
            .duplicateMember, "the name \(item.value) stands twice", member: item.name)
        }
        names.append(item.value)
      case "prefix":
        guard item.value.utf8.count <= RegisterService.nameLimit else {
          throw Problem(
            .invalidValue, "names have at most \(RegisterService.nameLimit) bytes",
            member: item.name)
        }
        prefixes.append(Array(item.value.utf8))
      case intervalName:
        guard interval == nil else {
          throw Problem(
            .duplicateMember, "\(intervalName) is for all that is watched: say it once",
            member: intervalName)
        }
        // In milliseconds, as many as the binary protocol takes.
        interval =
          try RequestMembers.number(item.value.utf8, .interval, upTo: UInt64(UInt32.max))
          * 1_000_000
      default:
        throw Problem(
          .unknownMember,
          "this resource takes name and prefix, each as often as need be, and \(intervalName)",
          member: String(item.name.prefix(64)))
      }
    }
    guard !names.isEmpty || !prefixes.isEmpty else {
      throw Problem(
        .missingMember, "say what to watch: name=NAME or prefix=PREFIX, or several of them",
        member: "name")
    }
    guard names.count + prefixes.count <= limit else {
      throw Problem(
        .valueOutOfRange, "one stream has at most \(limit) names and prefixes: take a prefix",
        member: "name")
    }
    return (names, widest(prefixes), interval ?? 0)
  }

  /// Those that no other one covers.
  private static func widest(_ prefixes: [[UInt8]]) -> [[UInt8]] {
    var widest: [[UInt8]] = []
    for prefix in prefixes.sorted(by: { $0.count < $1.count })
    where !widest.contains(where: { prefix.starts(with: $0) }) {
      widest.append(prefix)
    }
    return widest
  }
}
