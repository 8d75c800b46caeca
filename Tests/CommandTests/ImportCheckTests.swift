import Explain
import Testing

/// `import --check`, and layers that stay in float32.
@Suite struct ImportCheckTests {
  private let scratch: Scratch
  private static let network = Command.package + "/Tests/Fixtures/onnx/networks/residual.onnx"
  private let call = ["import", network, "-o", "net.safetensors"]

  init() throws {
    scratch = try Scratch()
    try scratch.makeFolder("photos")
    for (index, width) in [60, 70, 80].enumerated() {
      try scratch.write(Photos.small(width: width).encodedPNG(), to: "photos/\(index).png")
    }
  }

  @Test func bothPrecisionsAreCompared() throws {
    let result = try Command.run(call + ["--check", "photos"], in: scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines[0] == "int8 against float32, 3 images:")
    #expect(matches(lines[1], "  cosine of logits      *, least 0.99* (photos/*.png)"), "\(lines[1])")
    #expect(matches(lines[2], "  same predicted class  * of 3"), "\(lines[2])")
    #expect(matches(lines[3], "  correlation of maps   0.9*, least 0.9* (photos/*.png)"), "\(lines[3])")
    #expect(lines[4].hasPrefix("layers that lose most  ") && lines.count > 6)
    #expect(result.errorLines.count == 2 && !result.error.contains("warning"), "\(result.error)")
    #expect(try scratch.files() == ["net.safetensors", "photos"])
    let layer = try #require(lines[5].split(separator: " ").first)
    let kept = try Command.run(
      call + ["--float-layers", "\(layer)", "--check", "photos", "--check-images", "2"], in: scratch.path)
    #expect(kept.status == 0 && kept.text.hasPrefix("int8 against float32, 2 images:"), "\(kept.error)")
    #expect(!kept.text.contains("\n\(layer) "))
    #expect(kept.error.contains("onnx, int8 with 1 layer in float32, "))
    #expect(
      try Command.run(["info", "./net.safetensors"], in: scratch.path).text.contains("int8 with 1 layer in float32"))
  }

  @Test func photographsThatCannotBeRead() throws {
    try scratch.write(Array("no photograph".utf8), to: "photos/bad.png")
    let result = try Command.run(call + ["--check", "photos"], in: scratch.path)
    #expect(result.status == 65 && result.text.hasPrefix("int8 against float32, 3 images:"))
    #expect(result.errorLines.contains { $0.hasPrefix("ttame-lite: photos/bad.png: ") })
    try scratch.makeFolder("bad")
    try scratch.write(Array("no photograph".utf8), to: "bad/bad.png")
    let none = try Command.run(call + ["--check", "bad", "--force"], in: scratch.path)
    #expect(none.status == 65 && none.output.isEmpty)
    #expect(none.errorLines.last == "ttame-lite: bad: no image could be read", "\(none.error)")
  }

  @Test(arguments: [
    ("--check photos --precision float32", 64, "--check compares int8 with float32; *"),
    ("--check photos --check-images 0", 64, "--check-images must be at least 1. *"),
    ("--check nowhere", 66, "nowhere: no such file"),
    ("--float-layers conv9", 64, "--float-layers: no layer is named conv9*"),
  ])
  func wrongOptions(_ options: String, _ status: Int32, _ message: String) throws {
    let result = try Command.run(call + options.split(separator: " ").map(String.init), in: scratch.path)
    #expect(result.status == status && matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    #expect(try scratch.files() == ["photos"])
  }
}
