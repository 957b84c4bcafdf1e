// SPDX-License-Identifier: Apache-2.0

/// First in, first out, in one array that is reused.
///
/// - Complexity: amortised O(1) for both ends.
struct RequestQueue<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { head < elements.count ? elements[head] : nil }

  mutating func append(_ element: Element) {
    elements.append(element)
  }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1024, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Everything, and the queue is empty then.
  mutating func removeAll() -> [Element] {
    let all = elements[head...].compactMap { $0 }
    elements.removeAll(keepingCapacity: true)
    head = 0
    return all
  }
}
