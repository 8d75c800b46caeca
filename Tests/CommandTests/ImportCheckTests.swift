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

  @Test func figuresAsJSON() throws {
    let result = try Command.run(call + ["--check", "photos", "--json"], in: scratch.path)
    #expect(result.status == 0 && result.errorLines.count == 2, "\(result.error)")
    let report = try #require(try JSONValue.lines(result.text).first)
    #expect(try JSONValue.lines(result.text).count == 1)
    #expect(report["architecture"].string == "onnx" && report["model"].string == "residual")
    #expect(report["output"].string == "net.safetensors" && report["precision"].string == "int8")
    #expect(report["classes"].number == 7 && report["head"].string == "cam" && report["featureLayers"].count == 3)
    #expect(report["bytes"].number == Double(try Command.bytes(of: scratch / "net.safetensors").count))
    let preprocessing = report["preprocessing"]
    #expect(preprocessing["width"].number == 32 && preprocessing["mean"].count == 3)
    #expect(preprocessing["sources"].keys.isSuperset(of: ["mean", "std"]) && preprocessing["sources"]["mean"] == .null)
    let error = try #require(report["worstLayer"]["error"].number)
    #expect(error > 0 && error < 0.1)
    let check = report["check"]
    #expect(check["images"].number == 3 && check["agreeing"].number == 3)
    for key in ["cosine", "correlation"] {
      let (mean, least) = (check[key]["mean"].number ?? 0, check[key]["least"].number ?? 0)
      #expect(least > 0.9 && mean >= least && mean <= 1, "\(key)")
      #expect(matches(check[key]["leastImage"].string ?? "", "photos/*.png"))
    }
    #expect(check["layers"].count > 1)
    #expect(check["layers"][0].keys == ["layer", "error", "cosineInFloat"])
    #expect((check["layers"][0]["error"].number ?? 0) >= (check["layers"][1]["error"].number ?? 1))
  }

  /// The text stays, and only an earlier import's JSON is replaced.
  @Test func figuresInAFile() throws {
    let result = try Command.run(call + ["--check", "photos", "--json-file", "r.json"], in: scratch.path)
    #expect(result.status == 0 && result.text.hasPrefix("int8 against float32, 3 images:"), "\(result.error)")
    let again = try Command.run(call + ["--json=r.json"], in: scratch.path)
    #expect(again.status == 0 && again.output.isEmpty, "\(again.error)")
    let text = String(decoding: try Command.bytes(of: scratch / "r.json"), as: UTF8.self)
    let report = try #require(try JSONValue.lines(text).first)
    #expect(report["architecture"].string == "onnx" && report["check"] == .null)
    try scratch.write(Array("{\"kept\": true}".utf8), to: "other.json")
    let refused = try Command.run(call + ["--json-file", "other.json"], in: scratch.path)
    #expect(refused.status == 73 && refused.error.contains("other.json: "), "\(refused.error)")
  }

  /// What follows the flag is the weights, whatever their name.
  @Test func weightsBehindTheFlag() throws {
    let result = try Command.run(["import", "--json", Self.network, "-o", "net.safetensors"], in: scratch.path)
    #expect(result.status == 0 && result.text.hasPrefix("{\"architecture\":\"onnx\",\"bytes\":"), "\(result.error)")
    let index = try Command.run(["import", "--json", "w.index.json", "-o", "x"], in: scratch.path)
    #expect(index.status == 66 && index.error.hasPrefix("ttame-lite: w.index.json: no such file"), "\(index.error)")
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
