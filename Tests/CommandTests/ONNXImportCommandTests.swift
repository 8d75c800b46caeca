import Explain
import Testing

/// ONNX models by the command line.
@Suite struct ONNXImportCommandTests {
  private static let folder = Command.package + "/Tests/Fixtures/onnx/networks/"

  @Test func importedNetworksClassify() throws {
    let scratch = try Scratch()
    try scratch.write(Photos.small().encodedPNG(), to: "photo.png")
    try scratch.write(Array("a\nb\nc\nd\ne\nf\ng\n".utf8), to: "labels.txt")
    let call = ["import", Self.folder + "silu.onnx", "-o", "net.safetensors", "--labels", "labels.txt"]
    let imported = try Command.run(call, in: scratch.path)
    #expect(imported.status == 0 && imported.output.isEmpty && imported.errorLines.count == 1, "\(imported.error)")
    #expect(imported.error.hasPrefix("net.safetensors: onnx, int8, 7 classes, "))
    let classified = try Command.run(
      ["classify", "photo.png", "--model", "./net.safetensors", "--json"], in: scratch.path)
    #expect(classified.status == 0 && classified.error.isEmpty, "\(classified.error)")
    let report = try #require(try JSONValue.lines(classified.text).first)
    #expect(report["model"] == .string("silu"))
    #expect(("a"..."g").contains(try #require(report["predictions"][0]["label"].string)))
    let explained = try Command.run(["explain", "-q", "photo.png", "--model", "./net.safetensors"], in: scratch.path)
    #expect(explained.status == 0, "\(explained.error)")
    #expect(try scratch.files().contains("photo-explained.png"))
  }

  @Test func refusalsAreOneLine() throws {
    let scratch = try Scratch()
    for (file, status, message) in [
      (Self.folder + "unsupported.onnx", 65, "*: node LRN norm (alpha 0.5, size 5): operator LRN is not supported"),
      ("missing.onnx", 66, "missing.onnx: *"),
    ] {
      let result = try Command.run(["import", file, "-o", "net.safetensors"], in: scratch.path)
      #expect(result.status == Int32(status) && result.output.isEmpty)
      #expect(matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    }
    #expect(try scratch.files() == [])
  }
}
