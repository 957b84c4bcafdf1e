// SPDX-License-Identifier: Apache-2.0

/// One complete response.
///
/// `content-length`, `date` and `connection` are the session's business: it adds them, so they do
/// not belong into `fields` of a response to send.
public struct HTTPResponse: Sendable, Equatable {
  /// 200 to 599; sessions send no interim responses on behalf of their user.
  public var status: Int
  public var fields: HTTPFields
  /// The body. For HEAD give what GET would answer: the session sends its length only.
  public var body: [UInt8]

  public init(status: Int, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}
