import Explain
import Foundation
import Testing

/// ONNX models by the command line.
@Suite struct ONNXImportCommandTests {
  private static let folder = Command.package + "/Tests/Fixtures/onnx/networks/"

  /// A convolution whose weights are in another file.
  private static func externalModel(_ location: String = "model.onnx_data") -> [UInt8] {
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(bytes.count & 127 | 128), UInt8(bytes.count >> 7)] + bytes
    }
    func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    let location = field(13, text(1, "location") + text(2, location))
    let weights = field(5, [8, 2, 8, 3, 8, 1, 8, 1, 16, 1] + text(8, "w") + location + [14 << 3, 1])
    let node = field(1, text(1, "x") + text(1, "w") + text(2, "y") + text(4, "Conv"))
    let dimensions: [UInt8] = [1, 3, 1, 1].flatMap { field(1, [8, $0]) }
    let type = field(2, field(1, [8, 1] + field(2, dimensions)))
    let graph = node + weights + field(11, text(1, "x") + type) + field(12, text(1, "y"))
    return [8, 8] + field(8, [16, 18]) + field(7, graph)
  }

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

  @Test func layersAreListedAndNamed() throws {
    let scratch = try Scratch()
    let call = ["import", Self.folder + "residual.onnx", "-o", "net.safetensors"]
    #expect(try Command.run(call, in: scratch.path).status == 0)
    let listed = try Command.run(["info", "./net.safetensors", "--nodes"], in: scratch.path)
    let rows = listed.text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(listed.status == 0 && rows.allSatisfy { $0.count == 4 })
    let features = rows.filter { $0[3].hasPrefix("feature layer ") }
    #expect(features.map { $0[1] } == ["16x16", "8x8", "4x4"] && features.map { $0[2] } == ["12", "12", "20"])
    #expect(rows.contains { $0[3] == "branch" })
    let layers = features.suffix(2).reversed().map { String($0[0]) }.joined(separator: ",")
    #expect(try Command.run(call + ["--layers", layers], in: scratch.path).status == 0)
    let info = try Command.run(["info", "./net.safetensors"], in: scratch.path)
    #expect(info.text.components(separatedBy: "feature layer").count == 3, "\(info.text)")
  }

  @Test func refusalsAreOneLine() throws {
    let scratch = try Scratch()
    try scratch.write(Self.externalModel(), to: "external.onnx")
    for (name, location) in [("up", "../w"), ("absolute", "/etc/passwd"), ("link", "out"), ("short", "short")] {
      try scratch.write(Self.externalModel(location), to: "\(name).onnx")
    }
    try scratch.link("out", to: "/etc/passwd")
    try scratch.write([1, 2, 3], to: "short")
    let whole = try Command.bytes(of: Self.folder + "residual.onnx")
    try scratch.write(Array(whole.prefix(whole.count / 2)), to: "cut.onnx")
    try scratch.write(Array(whole.prefix(12)) + [UInt8](repeating: 255, count: 40), to: "damaged.onnx")
    let files = try scratch.files()
    for (file, status, message) in [
      (Self.folder + "unsupported.onnx", 65, "*: node LRN norm (alpha 0.5, size 5): operator LRN is not supported"),
      ("missing.onnx", 66, "missing.onnx: *"),
      (
        "external.onnx", 66,
        "external.onnx: tensor w is in model.onnx_data: no such file; put the file beside the model"
      ),
      ("up.onnx", 65, "up.onnx: tensor w is in ../w, outside the model's folder; *"),
      ("absolute.onnx", 65, "absolute.onnx: tensor w is in /etc/passwd, outside the model's folder; *"),
      ("link.onnx", 65, "link.onnx: tensor w is in out, outside the model's folder; *"),
      ("short.onnx", 65, "short.onnx: tensor w is in short: 24 bytes at 0 are needed, but the file has only 3"),
      ("cut.onnx", 65, "cut.onnx: byte *; the file is damaged or its download incomplete"),
      ("damaged.onnx", 65, "damaged.onnx: byte *; the file is damaged or *"),
      (Self.folder + "residual.onnx --layers nothing", 64, "--layers: no tensor is named nothing; *--nodes*"),
      (Self.folder + "residual.onnx --layers=,", 64, "The value ',' is invalid for '--layers <NAME,...>'*"),
      (Self.folder + "residual.onnx --layers a --auxiliary b", 64, "--layers and --auxiliary: give one of them*"),
    ] {
      let result = try Command.run(
        ["import"] + file.split(separator: " ").map(String.init) + ["-o", "net.safetensors"], in: scratch.path)
      #expect(result.status == Int32(status) && result.output.isEmpty)
      #expect(matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    }
    #expect(try scratch.files() == files)
  }
}
