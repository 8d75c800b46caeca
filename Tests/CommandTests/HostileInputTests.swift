import Explain
import Testing

/// Pictures and models that mean harm: a status, one line each, nothing on standard output.
@Suite struct HostileInputTests {
  private static let model = Command.package + "/weights/efficientnet-lite0.safetensors"

  @Test func damagedPicturesAreNamedOneByOne() throws {
    let suite = Command.package + "/Tests/Fixtures/pngsuite/"
    let names = ["xc1n0g08", "xcrn0g04", "xcsn0g01", "xd3n2c08", "xdtn0g01", "xhdn0g08", "xs1n0g01"]
    let paths = names.map { suite + $0 + ".png" }
    for command in [["classify"], ["classify", "--json"], ["explain", "-o", "-"]] {
      let result = try Command.run(command + paths)
      #expect(result.status == 65 && result.output.isEmpty)
      #expect(result.errorLines.count == paths.count)
      for (line, path) in zip(result.errorLines, paths) { #expect(line.hasPrefix("ttame-lite: \(path): ")) }
    }
  }

  @Test func thinPicturesAreAnswered() throws {
    let scratch = try Scratch()
    let sizes = [(1, 1), (1, 5000), (5000, 1)]
    let files = sizes.map { "\($0.0)x\($0.1).ppm" }
    for (size, file) in zip(sizes, files) {
      let pixels = (0..<3 * size.0 * size.1).map { UInt8(truncatingIfNeeded: $0 &* 97) }
      try scratch.write(Photos.ppm(Image(width: size.0, height: size.1, pixels: pixels)), to: file)
    }
    for style in ["overlay", "panel"] {
      let result = try Command.run(["explain", "-o", "out-\(style)/", "--style", style] + files, in: scratch.path)
      #expect(result.status == 0, "\(result.error)")
      #expect(try scratch.files(in: "out-\(style)").count == files.count)
    }
    let first = try Image(decoding: Command.bytes(of: scratch / "out-overlay/1x5000.png"))
    #expect(first.width == 1 && first.height == 5000)
  }

  /// Scales near the largest number that there is make infinite logits.
  @Test func modelsWhoseOutputIsNotFiniteAreRefused() throws {
    let scratch = try Scratch()
    var bytes = try Command.bytes(of: Self.model)
    let scale = try #require(try Safetensors(path: Self.model).entries["classifier.scale"])
    let large = withUnsafeBytes(of: Float(3e38)) { Array($0) }
    for index in 0..<1000 {
      let start = scale.byteRange.lowerBound + 4 * index
      bytes.replaceSubrange(start..<start + 4, with: large)
    }
    try scratch.write(bytes, to: "m.safetensors")
    for command in [
      ["classify"], ["classify", "--json"], ["explain", "-o", "-"], ["explain", "--method", "gradcam"],
    ] {
      let result = try Command.run(command + ["--model", "./m.safetensors", Photos.cat], in: scratch.path)
      #expect(result.status == 65 && result.output.isEmpty, "\(command)")
      #expect(
        result.error == "ttame-lite: \(Photos.cat): the model's node classifier yields values that are not finite\n")
    }
  }

  @Test func labelsDoNotCommandTheTerminal() throws {
    let scratch = try Scratch()
    let (label, hostile) = (Array("great white shark".utf8), Array(#"\\u001b[31m shark"#.utf8))
    var bytes = try Command.bytes(of: Self.model)
    let at = try #require(bytes.indices.first { bytes[$0] == label[0] && bytes[$0...].starts(with: label) })
    bytes.replaceSubrange(at..<at + label.count, with: hostile)
    try scratch.write(bytes, to: "m.safetensors")
    let result = try Command.run(["info", "./m.safetensors", "--labels"], in: scratch.path)
    #expect(result.status == 0)
    #expect(result.text.hasPrefix("0\ttench\n1\tgoldfish\n2\t [31m shark\n"))
  }
}
