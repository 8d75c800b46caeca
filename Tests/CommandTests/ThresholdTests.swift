import Explain
import Testing

/// Independent classes, and all classes that reach a probability.
@Suite struct ThresholdTests {
  private let scratch: Scratch
  private let model = ["--model", "./net.safetensors"]

  /// Seven independent classes, some of which are rather there than not.
  init() throws {
    scratch = try Scratch()
    try scratch.write(Photos.small().encodedPNG(), to: "photo.png")
    try scratch.write(Array("a\nb\nc\nd\ne\nf\ng\n".utf8), to: "labels.txt")
    let network = Command.package + "/Tests/Fixtures/onnx/networks/softmax.onnx"
    let imported = try Command.run(
      ["import", network, "-o", "net.safetensors", "--labels", "labels.txt", "--probabilities", "sigmoid"],
      in: scratch.path)
    #expect(imported.status == 0, "\(imported.error)")
    #expect(imported.errorLines.contains("7 independent classes: each has a probability of its own, by a sigmoid"))
  }

  private func probabilities(_ report: JSONValue) -> [Double] {
    (0..<7).compactMap { report["predictions"][$0]["probability"].number }
  }

  @Test func classesAreIndependent() throws {
    #expect(try Command.run(["info", "./net.safetensors"], in: scratch.path).text.contains("7, independent, "))
    let all = try Command.run(["classify", "photo.png", "--json", "--top", "7"] + model, in: scratch.path)
    let report = try #require(try JSONValue.lines(all.text).first)
    #expect(report["probabilities"] == .string("sigmoid"))
    let found = probabilities(report)
    #expect(found.count == 7 && found == found.sorted(by: >) && abs(found.reduce(0, +) - 1) > 0.1)
    // Between two classes.
    let threshold = (found[1] + found[2]) / 2
    let call = ["classify", "photo.png", "--threshold", "\(threshold)"] + model
    #expect(
      try JSONValue.lines(try Command.run(call + ["--json"], in: scratch.path).text).first?["threshold"].number
        == threshold)
    #expect(try Command.run(call, in: scratch.path).text.split(separator: "\n").count == 3)
    #expect(try Command.run(call + ["--top", "1"], in: scratch.path).text.split(separator: "\n").count == 2)
    let none = try Command.run(["classify", "photo.png", "--threshold", "1"] + model, in: scratch.path)
    #expect(none.status == 0 && none.text == "photo.png\n        -  no class reaches 100.0 %\n")
  }

  @Test func everyClassThatReachesItIsExplained() throws {
    let all = try Command.run(["classify", "photo.png", "--json", "--top", "7"] + model, in: scratch.path)
    let found = probabilities(try #require(try JSONValue.lines(all.text).first))
    let call = ["explain", "photo.png", "--threshold", "\((found[1] + found[2]) / 2)"] + model
    let explained = try Command.run(call + ["-o", "out/", "--json-file", "r.jsonl"], in: scratch.path)
    #expect(explained.status == 0, "\(explained.error)")
    #expect(try scratch.files(in: "out").count == 2)
    let report = try #require(
      try JSONValue.lines(String(decoding: Command.bytes(of: scratch / "r.jsonl"), as: UTF8.self)).first)
    #expect(report["explanations"].count == 2 && report["predictions"].count == 5)
    #expect(try Command.run(call + ["-o", "one/", "--top", "1"], in: scratch.path).status == 0)
    #expect(try scratch.files(in: "one").count == 1)
    for style in ["overlay", "panel"] {
      let none = try Command.run(
        ["explain", "photo.png", "-o", "none/", "--threshold", "1", "--style", style, "--json-file", "n.jsonl"] + model,
        in: scratch.path)
      #expect(none.status == 0)
      #expect(
        matches(none.error, "photo.png: no class reaches 100.0 %; the most probable is a * %\n*"), "\(none.error)")
      #expect(try scratch.files(in: "none") == [])
    }
  }

  @Test(arguments: [
    ("classify photo.png --threshold 1.5", "--threshold must be 0 to 1. *"),
    ("explain photo.png --threshold -0.1", "--threshold must be 0 to 1. *"),
    (
      "classify photo.png --threshold half",
      "The value 'half' is invalid for '--threshold <0...1>'; a number is needed *"
    ),
    ("explain photo.png -o out/ --skip-existing --threshold 0.5", "--skip-existing needs one image per input; *"),
    ("import photo.png -o out --probabilities softmx", "*; did you mean softmax? *"),
  ])
  func wrongValues(_ call: String, _ message: String) throws {
    let result = try Command.run(call.split(separator: " ").map(String.init), in: scratch.path)
    #expect(result.status == 64 && matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
  }
}
