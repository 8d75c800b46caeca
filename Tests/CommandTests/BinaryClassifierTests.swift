import Explain
import Testing

/// ResNet-18 with one output, whose logit is 1 whatever it sees, imported and used; and options of the import.
@Suite(.disabled(if: Command.isEmulated, "importing ResNet-18 takes a minute")) struct BinaryClassifierTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try Self.writeWeights(scratch / "weights")
    try scratch.write(try TinyStream.frame(.png, 40, 30), to: "photo.png")
  }

  /// Zeros, but for the bias of the classifier.
  private static func writeWeights(_ path: String) throws {
    var shapes = ["fc.weight": [1, 512], "fc.bias": [1]]
    func convolution(_ name: String, _ norm: String, _ shape: [Int]) {
      shapes["\(name).weight"] = shape
      for tensor in ["weight", "bias", "running_mean", "running_var"] { shapes["\(norm).\(tensor)"] = [shape[0]] }
    }
    convolution("conv1", "bn1", [64, 3, 7, 7])
    for (stage, width) in zip(1...4, [64, 128, 256, 512]) {
      for block in 0..<2 {
        let (name, inputs) = ("layer\(stage).\(block)", block == 0 && stage > 1 ? width / 2 : width)
        convolution("\(name).conv1", "\(name).bn1", [width, inputs, 3, 3])
        convolution("\(name).conv2", "\(name).bn2", [width, width, 3, 3])
        if inputs != width { convolution("\(name).downsample.0", "\(name).downsample.1", [width, inputs, 1, 1]) }
      }
    }
    let names = shapes.keys.sorted()
    let writer = try SafetensorsWriter(
      path: path, tensors: names.map { SafetensorsWriter.Declaration($0, .f32, shapes[$0] ?? []) }, metadata: [:])
    for name in names {
      let count = (shapes[name] ?? []).reduce(1, *)
      try writer.write([Float](repeating: name == "fc.bias" ? 1 : 0, count: count), to: name)
    }
    _ = try writer.finish()
  }

  @Test func aProbabilityAndTwoClasses() throws {
    try scratch.write(Array("defect\n".utf8), to: "labels.txt")
    let small = ["--crop", "32", "--resize", "32"]
    let imported = try Command.run(
      ["import", "weights", "-o", "m.safetensors", "--labels", "labels.txt"] + small, in: scratch.path)
    #expect(imported.status == 0)
    #expect(
      matches(imported.error, "*\none logit: a binary classifier of 'not defect' and 'defect', *\n"),
      "\(imported.error)")
    let model = ["--model", "./m.safetensors"]
    let classified = try Command.run(["classify", "photo.png", "--json"] + model, in: scratch.path)
    let best = try #require(try JSONValue.lines(classified.text).first)["predictions"]
    #expect(best[0]["label"] == .string("defect") && best[1]["label"] == .string("not defect"))
    // A sigmoid of 1.
    #expect(abs((best[0]["probability"].number ?? 0) - 0.7311) < 1e-3)
    #expect(abs((best[1]["probability"].number ?? 0) - 0.2689) < 1e-3)
    let explained = try Command.run(
      ["explain", "photo.png", "-o", "out/", "--class", "not defect", "--class", "defect"] + model, in: scratch.path)
    #expect(explained.status == 0, "\(explained.error)")
    #expect(try scratch.files(in: "out").count == 2)
    try scratch.write(Array("photo.png\t1\n".utf8), to: "list.tsv")
    let evaluated = try Command.run(["evaluate", "--data", "list.tsv"] + model, in: scratch.path)
    #expect(evaluated.status == 0 && evaluated.text.contains("100.0 %"), "\(evaluated.text)")
    #expect(try Command.run(["info", "./m.safetensors"], in: scratch.path).text.contains("one logit and a sigmoid"))
  }

  @Test(arguments: [
    (["--mean", "123.675,116.28,103.53", "--std", "0.229,0.224,0.225"], "--mean: *255 it is 0.485,0.456,0.406"),
    (["--mean", "0.485,0.456,0.406", "--std", "58.395,57.12,57.375"], "--std: *255 it is 0.229,0.224,0.225"),
    (["--mean", "1.5"], "--mean: mean 1.5 is neither of pixels in 0...1 nor of pixels in 0...255"),
    (["--mean", "-1,0,0"], "--mean: mean -1,0,0 must be 0 or more, as pixels are"),
    (["--mean", "0.485,0.456"], "--mean: *mean must be three finite numbers*"),
    (["--crop", "32x"], "The value '32x' is invalid *"), (["--crop", "5000x32"], "--crop must be 1 to 4096. *"),
    (["--mean", "0.485,0.456,0.406,"], "The value '0.485,*' is invalid for '--mean <R,G,B>'; *numbers *"),
    (["--mean", "grey"], "The value 'grey' is invalid for '--mean <R,G,B>'; *number*"),
    (["--mean", "nan,0,0"], "--mean: *finite*"),
    (["--std", "0"], "--std: *above zero*"), (["--std", "-0.5"], "--std: *above zero*"),
    (["--std", "0.2, 0, 0.2"], "--std: *above zero*"), (["--std", "inf"], "--std: *"),
    (["--crop", "0"], "--crop must be 1 to 4096. *"), (["--resize", "-1"], "--resize must be 1 to 16384. *"),
    (["--interpolation", "bicubik"], "*; did you mean bicubic? *"),
    (["--precision", "int4"], "*; did you mean int8? *"),
  ])
  func wrongOptions(_ options: [String], _ message: String) throws {
    let result = try Command.run(["import", "weights", "-o", "m"] + options, in: scratch.path)
    #expect(result.status == 64 && result.errorLines.count == 1)
    #expect(matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    #expect(try scratch.files() == ["photo.png", "weights"])
  }

  @Test(arguments: [
    ["--mean", "123.675,116.28,103.53", "--std", "58.395, 57.12, 57.375"],
    ["--mean", "0.485, 0.456, 0.406", "--std", "0.229,0.224,0.225"], ["--mean=123.675,116.28,103.53"],
  ])
  func bothScalesOfPixels(_ options: [String]) throws {
    let imported = try Command.run(["import", "weights", "-o", "m"] + options, in: scratch.path)
    #expect(imported.status == 0)
    #expect(imported.error.contains("of pixels in 0...255") == options.joined().contains("116.28"))
    let info = try Command.run(["info", "./m"], in: scratch.path).text
    #expect(info.contains("mean 0.485 0.456 0.406, std 0.229 0.224 0.225"), "\(info)")
  }
}
