import Foundation
import Synchronization
import Testing

import Explain

/// A folder that goes away with its last reference.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "ttame-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { remove() }

  /// A folder that many tests share; it goes away when the process ends.
  static func untilExit() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    shared.withLock { $0.append(folder) }
    atexit { TemporaryFolder.shared.withLock { $0.forEach { $0.remove() } } }
    return folder
  }

  private static let shared = Mutex<[TemporaryFolder]>([])

  private func remove() { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }

  func contents(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// ResNet-50's weights, unpacked once for all tests.
enum UnpackedResNet50 {
  static let folder = Result { () throws -> TemporaryFolder in
    let folder = try TemporaryFolder.untilExit()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["xz", "-dc", Shared.path("models/resnet50.safetensors.xz")]
    let path = folder.file("resnet50.safetensors")
    FileManager.default.createFile(atPath: path, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
    try process.run()
    process.waitUntilExit()
    return folder
  }

  static func path() throws -> String { try folder.get().file("resnet50.safetensors") }
}
