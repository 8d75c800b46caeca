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

  private func values(_ entries: KeyValuePairs<String, String>) throws(ONNXError) -> [Float] {
    let bytes = ONNXBytes.model(ONNXBytes.external("t", shape: [2], entries))
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
