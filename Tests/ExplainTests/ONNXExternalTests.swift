import Foundation
import Testing

@testable import Explain

/// Weights in other files, which never lie outside of the model's folder.
@Suite struct ONNXExternalTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = folder.file("models/net")
    try FileManager.default.createDirectory(atPath: model + "/sub", withIntermediateDirectories: true)
    for path in ["secret", "models/net/weights", "models/net/sub/weights", "models/network"] {
      _ = try folder.write(path, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    }
    let links = ["out": "../../secret", "in": "sub/weights", "folder": "..", "loop": "loop", "sub/up": "../weights"]
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(atPath: "\(model)/\(name)", withDestinationPath: target)
    }
  }

  private static func model(_ entries: KeyValuePairs<String, String>) -> [UInt8] {
    ONNXBytes.model(ONNXBytes.external("t", shape: [2], entries))
  }

  private func values(_ entries: KeyValuePairs<String, String>) throws(ONNXError) -> [Float] {
    let bytes = Self.model(entries)
    guard let tensor = try ONNXModel(bytes: bytes, folder: model).graph.tensors["t"] else { return [] }
    return try tensor.floats()
  }

  @Test(arguments: ["weights", "./weights", "sub/weights", "sub//weights", "sub/./weights", "in", "sub/up"])
  func filesOfTheFolderAreRead(_ location: String) throws {
    #expect(try values(["location": location]) == [1, 2])
    #expect(try values(["location": location, "offset": "0", "length": "8", "checksum": "?"]) == [1, 2])
  }

  @Test(arguments: [
    "../net/weights", "..", "../../secret", "sub/../weights", "/etc/passwd", "/", "//weights", "sub/..", "out",
    "folder/network",
    "folder/../secret", "weights\0", ".",
  ])
  func filesElsewhereAreNot(_ location: String) {
    #expect(throws: ONNXError.externalOutside(tensor: "t", location: location)) { try values(["location": location]) }
  }

  /// Without a folder in its path a model is in the current one, where there are no such files.
  @Test func theCurrentFolderIsAFolderToo() throws {
    let bytes = ONNXBytes.model(ONNXBytes.external("t", shape: [2], ["location": "no-such-weights"]))
    let tensor = try #require(try ONNXModel(bytes: bytes, folder: "").graph.tensors["t"])
    #expect(throws: ONNXError.external(tensor: "t", location: "no-such-weights", .notFound)) { try tensor.values() }
  }

  /// Hugging Face's cache: all files of a repository in one folder, and links to them from one for each revision.
  @Test(arguments: ["rev", "rev/onnx"]) func aCacheLinksModelAndData(_ revision: String) throws {
    let snapshot = folder.file("repo/snapshots/\(revision)")
    try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder.file("repo/blobs/sub"), withIntermediateDirectories: true)
    let model = Self.model(["location": "model.onnx_data"])
    _ = try folder.write("repo/blobs/1a", model)
    for path in ["repo/blobs/2b", "repo/blobs/sub/3c", "repo/other"] {
      _ = try folder.write(path, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    }
    let blobs = revision.contains("/") ? "../../../blobs/" : "../../blobs/"
    func link(_ name: String, _ target: String) throws {
      try? FileManager.default.removeItem(atPath: "\(snapshot)/\(name)")
      try FileManager.default.createSymbolicLink(atPath: "\(snapshot)/\(name)", withDestinationPath: target)
    }
    func values() throws -> [Float]? { try ONNXModel(path: "\(snapshot)/model.onnx").graph.tensors["t"]?.floats() }
    try link("model.onnx", blobs + "1a")
    for data in ["2b", "sub/3c"] {
      try link("model.onnx_data", blobs + data)
      #expect(try values() == [1, 2])
    }
    // Links to other folders stay refused, and so do those that lead out of the folder of a model which is no link.
    let outside = ONNXError.externalOutside(tensor: "t", location: "model.onnx_data")
    for target in [blobs + "../other", "/etc/passwd"] {
      try link("model.onnx_data", target)
      #expect(throws: outside) { try values() }
    }
    try link("model.onnx_data", blobs + "2b")
    try FileManager.default.removeItem(atPath: "\(snapshot)/model.onnx")
    _ = try folder.write("repo/snapshots/\(revision)/model.onnx", model)
    #expect(throws: outside) { try values() }
  }

  /// Nobody writes to the pipe.
  @Test func pipesAreNotWaitedFor() throws {
    #expect(mkfifo("\(model)/pipe", 0o600) == 0)
    #expect(throws: ONNXError.external(tensor: "t", location: "pipe", .notRegularFile)) {
      try values(["location": "pipe"])
    }
  }

  @Test func whatIsMissingOrShortIsSaid() {
    #expect(throws: ONNXError.noExternalLocation(tensor: "t")) { try values(["offset": "0"]) }
    #expect(throws: ONNXError.noExternalLocation(tensor: "t")) { try values(["location": ""]) }
    for number in ["-1", "", "4 ", "1e3", "9223372036854775808"] {
      #expect(throws: ONNXError.badExternalNumber(tensor: "t", key: "offset", value: number)) {
        try values(["location": "weights", "offset": number])
      }
    }
    #expect(throws: ONNXError.wrongByteCount(tensor: "t", expected: 8, found: 7)) {
      try values(["location": "weights", "length": "7"])
    }
    for offset in [1, 8, Int.max - 7, Int.max] {
      let error = ONNXError.externalTooShort(
        tensor: "t", location: "weights", offset: offset, bytes: 8, fileBytes: 8)
      #expect(throws: error) { try values(["location": "weights", "offset": "\(offset)"]) }
    }
    #expect(throws: ONNXError.external(tensor: "t", location: "gone", .notFound)) { try values(["location": "gone"]) }
    #expect(throws: ONNXError.external(tensor: "t", location: "sub", .isDirectory)) { try values(["location": "sub"]) }
    #expect(throws: ONNXError.external(tensor: "t", location: "weights/x", .notDirectory)) {
      try values(["location": "weights/x"])
    }
    #expect(throws: ONNXError.external(tensor: "t", location: "loop", .system(call: "realpath", code: ELOOP))) {
      try values(["location": "loop"])
    }
  }
}
