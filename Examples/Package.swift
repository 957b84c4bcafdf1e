// swift-tools-version: 6.2
import PackageDescription

// AtomicsCore used alone. From this folder:
//
//     swift run -c release race         what plain additions may lose, and atomic ones do not
//     swift run -c release threads      threads that count together
//     swift run -c release processes    processes that count in one shared mapping
//     swift run -c release multiply     an operation that the library does not have
//
// Each prints one line, and exits with 1 where the atomic result in it is not the one expected.

let package = Package(
  name: "Examples",
  dependencies: [.package(name: "atomics-service", path: "..")],
  targets: ["race", "threads", "processes", "multiply"].map { name in
    .executableTarget(
      name: name, dependencies: [.product(name: "AtomicsCore", package: "atomics-service")],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()])
  }
)
