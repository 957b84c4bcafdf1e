// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct LoopThreadTests {
  @Test("work runs on a thread of its own, under its name, and join waits for it")
  func join() throws {
    let seen = Shared<(thread: UInt, name: String)>((0, ""))
    let thread = try LoopThread(name: "a-rather-long-name") {
      var name = [UInt8](repeating: 0, count: 32)
      // Safety: the path is read, and `name` written to, within the calls only.
      let file = unsafe open("/proc/thread-self/comm", O_RDONLY)
      let count = unsafe read(file, &name, name.count)
      close(file)
      // All but the line's end.
      let text = String(decoding: name.prefix(max(0, count - 1)), as: UTF8.self)
      let thread = UInt(pthread_self())
      seen.update { $0 = (thread, text) }
    }
    thread.join()
    #expect(seen.value.thread != 0)
    #expect(seen.value.thread != UInt(pthread_self()))
    #expect(seen.value.name == "a-rather-long-n")
  }
}
