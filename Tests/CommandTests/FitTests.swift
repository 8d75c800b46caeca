import Explain
import Glibc
import Testing

private let wideObject = Command.package + "/../shared/pictures/wide-object-left.jpg"

/// How pictures that are not square are fitted, from outside.
@Suite struct FitTests {
  private func writeWide(_ scratch: Scratch) throws {
    try scratch.write(try Photos.small(width: 80, height: 20).encodedPNG(), to: "wide.png")
  }

  @Test(arguments: [
    ("crop", [31.25, 1.25, 17.5, 17.5]), ("squash", [0, 0, 80, 20]), ("letterbox", [0, -30, 80, 80]),
  ])
  func theRectangleIsInTheJSON(fit: String, expected: [Double]) throws {
    let scratch = try Scratch()
    try writeWide(scratch)
    for command in [["explain", "-q", "--json"], ["classify", "--json"]] {
      let result = try Command.run(command + ["--fit", fit, "wide.png"], in: scratch.path)
      let report = try #require(try JSONValue.lines(result.text).first)
      #expect(report["fit"] == .string(fit))
      #expect(["x", "y", "width", "height"].map { report["crop"][$0].number } == expected)
      guard command[0] == "explain" else { continue }
      let explanation = report["explanations"][0]
      #expect((0..<80).contains(explanation["peak"]["x"].number ?? -1))
      #expect((0..<20).contains(explanation["peak"]["y"].number ?? -1))
      #expect((0...1).contains(explanation["area"].number ?? -1))
    }
  }

  /// One hint a run, for people alone, and only where something is hidden.
  @Test func hiddenPartsAreHintedAtOnce() throws {
    let scratch = try Scratch()
    try writeWide(scratch)
    try scratch.write(try Photos.small(width: 40, height: 40).encodedPNG(), to: "square.png")
    func hints(_ arguments: [String]) throws -> [Substring] {
      let result = try Command.run(arguments, in: scratch.path)
      #expect(result.status == 0, "\(result.error)")
      return result.errorLines.filter { $0.contains("hint") }
    }
    // 17.5 x 17.5 of 80 x 20 pixels are seen.
    let line: [Substring] = [
      "ttame-lite: hint: wide.png: 80.9 % of the image lies outside the crop that the network sees; --fit letterbox shows it all"
    ]
    #expect(try hints(["explain", "square.png", "wide.png", "wide.png", "-o", "out/"]) == line)
    #expect(try hints(["classify", "wide.png", "wide.png"]) == line)
    for quiet in [
      ["explain", "-q", "wide.png"], ["classify", "-q", "wide.png"], ["classify", "--json", "wide.png"],
      ["classify", "square.png"], ["explain", "--fit", "letterbox", "wide.png"],
      ["explain", "--fit", "squash", "wide.png"],
    ] { #expect(try hints(quiet).isEmpty, "\(quiet)") }
  }

  @Test(.enabled(if: access(wideObject, R_OK) == 0, "needs ../shared/pictures"))
  func anObjectOutsideTheCropIsFound() throws {
    let cropped = try Command.run(["classify", wideObject])
    #expect(cropped.error.contains("hint") && cropped.error.contains("--fit letterbox"))
    let whole = try Command.run(["classify", "--fit", "letterbox", wideObject])
    #expect(whole.error.isEmpty && whole.status == 0)
  }

  /// In every style a letterboxed picture has its own size, and heat reaches its sides.
  @Test func picturesKeepTheirSize() throws {
    let scratch = try Scratch()
    try writeWide(scratch)
    for style in ["overlay", "heatmap", "mask", "masked"] {
      let result = try Command.run(
        ["explain", "-q", "--fit", "letterbox", "--style", style, "wide.png", "-o", "-"], in: scratch.path)
      let picture = try Image(decoding: result.output)
      #expect((picture.width, picture.height) == (80, 20))
      guard style == "mask" else { continue }
      #expect((0..<31).contains { picture.pixels[3 * (10 * 80 + $0)] > 0 })
    }
  }

  /// The crop's frame is in overlays, and nowhere else.
  @Test func framesAreInOverlays() throws {
    let scratch = try Scratch()
    let gray = Image(width: 80, height: 20, pixels: [UInt8](repeating: 100, count: 4800))
    try scratch.write(try gray.encodedPNG(), to: "gray.png")
    func pixel(_ arguments: [String], x: Int) throws -> UInt8 {
      let result = try Command.run(
        ["explain", "-q", "--alpha", "0", "gray.png", "-o", "-"] + arguments, in: scratch.path)
      return try Image(decoding: result.output).pixels[3 * (10 * 80 + x)]
    }
    #expect(try pixel([], x: 31) > 200 && pixel([], x: 30) < 60 && pixel([], x: 29) == 100)
    #expect(try pixel(["--fit", "letterbox"], x: 31) == 100)
  }

  @Test func evaluationTakesIt() throws {
    let scratch = try Scratch()
    try writeWide(scratch)
    try scratch.write(Array("wide.png\t285\t0\t0\t20\t20\n".utf8), to: "list.tsv")
    let arguments = ["evaluate", "--data", "list.tsv", "--metrics", "accuracy,ad,pointing,trust", "--json"]
    let cropped = try JSONValue.lines(Command.run(arguments, in: scratch.path).text)[0]["metrics"]
    let whole = try JSONValue.lines(Command.run(arguments + ["--fit", "letterbox"], in: scratch.path).text)[0][
      "metrics"]
    // The box lies outside the crop.
    #expect(cropped["boxes"].number ?? 0 == 0 && whole["boxes"] == .number(1))
    #expect(whole["ad"] != cropped["ad"] && whole["trust"] != .null)
  }

  @Test func unknownFitsAreUsageErrors() throws {
    let result = try Command.run(["explain", "--fit", "stretch", Photos.cat])
    #expect(result.status == 64 && result.error.contains("letterbox"))
  }
}
