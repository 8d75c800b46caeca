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
    #expect(imported.status == 0 && imported.output.isEmpty && imported.errorLines.count == 2, "\(imported.error)")
    #expect(imported.error.hasPrefix("net.safetensors: onnx, int8, 7 classes, "))
    #expect(
      imported.errorLines[1] == """
        input 32x32, resized to 36 (bilinear), mean 0.4850,0.4560,0.4060, std 0.2290,0.2240,0.2250. Assumed, as torchvision has \
        it: all; --preset and other options change it. Labels from labels.txt.
        """)
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

  /// A Vision Transformer is explained without a head; another network says what it needs.
  @Test(arguments: [("timm_vit", "logit-attribution"), ("flatten", nil)])
  func networksWithoutAHeadSayHowTheyAreExplained(_ network: String, _ method: String?) throws {
    let scratch = try Scratch()
    try scratch.write(Photos.small().encodedPNG(), to: "photo.png")
    let call = ["import", Self.folder + "\(network).onnx", "-o", "net.safetensors"]
    let imported = try Command.run(call, in: scratch.path)
    let info = try Command.run(["info", "./net.safetensors"], in: scratch.path)
    let explained = try Command.run(
      ["explain", "photo.png", "--model", "./net.safetensors", "--json"], in: scratch.path)
    guard let method else {
      #expect(imported.error.contains("explanations need a head") && info.text.contains("explanations need a head"))
      #expect(explained.status == 65 && explained.error.contains("or choose another --method"), "\(explained.error)")
      return
    }
    #expect(imported.error.contains("no head: explain uses \(method)"), "\(imported.error)")
    #expect(info.text.contains("none: explain uses \(method)"), "\(info.text)")
    let report = try #require(try JSONValue.lines(explained.text).first)
    #expect(explained.status == 0 && report["method"] == .string(method), "\(explained.error)")
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

  @Test func preprocessingByName() throws {
    let scratch = try Scratch()
    func input(_ options: [String]) throws -> String {
      let call = ["import", Self.folder + "silu.onnx", "-o", "net.safetensors"] + options
      let imported = try Command.run(call, in: scratch.path)
      #expect(imported.status == 0, "\(imported.error)")
      let info = try Command.run(["info", "net.safetensors"], in: scratch.path).text
      return info.split(separator: "\n").first { $0.hasPrefix("input") }.map(String.init) ?? info
    }
    #expect(
      try input(["--preset", "caffe", "--mean", "0", "--std", "1"]).hasSuffix(
        "32x32x3, fitted by squash (bilinear without antialiasing), bgr, mean 0.0 0.0 0.0, std 1.0 1.0 1.0"))
    #expect(
      try input(["--preset", "yolo", "--fit", "letterbox", "--interpolation", "nearest", "--no-antialias"]).hasSuffix(
        "32x32x3, fitted by letterbox (nearest), bars of 114,114,114, mean 0.0 0.0 0.0, std 1.0 1.0 1.0"))
    #expect(
      try input(["--color", "BGR", "--fit", "squash-crop", "--fill", "9", "--antialias", "--preset", "clip"]).contains(
        "squashed to 32 (bicubic), bars of 9,9,9, bgr, mean 0.48"))
    for wrong in [["--fill", "1,2"], ["--fill", "256"], ["--preset", "keras"], ["--color", "grey"]] {
      let call = ["import", Self.folder + "silu.onnx", "-o", "other.safetensors"] + wrong
      let result = try Command.run(call, in: scratch.path)
      #expect(result.status == 64 && result.errorLines.count == 1, "\(result.error)")
    }
  }

  /// What lies beside the model is found, and said.
  @Test func configurationsAreFound() throws {
    let scratch = try Scratch()
    let network = try MappedFile(path: Self.folder + "silu.onnx")
    try withExtendedLifetime(network) { try scratch.write(Array(network.bytes), to: "net.onnx") }
    let names = (0..<7).map { "\"\($0)\": \"class \($0)\"" }.joined(separator: ", ")
    try scratch.write(Array("{\"model_type\": \"x\", \"id2label\": {\(names)}}".utf8), to: "config.json")
    let processor = #"{"size": 48, "do_resize": true, "resample": 3, "image_mean": [0.5, 0.5, 0.5]}"#
    try scratch.write(Array(processor.utf8), to: "preprocessor_config.json")
    let call = ["import", "net.onnx", "-o", "net.safetensors", "--std", "0.25"]
    let imported = try Command.run(call, in: scratch.path)
    #expect(imported.status == 0)
    #expect(
      imported.errorLines.last == """
        input 32x32, fitted by squash (bicubic), mean 0.5000,0.5000,0.5000, std 0.2500,0.2500,0.2500. From \
        preprocessor_config.json: fit, interpolation, mean. From options: std. Labels from config.json.
        """, "\(imported.error)")
    #expect(try Command.run(["info", "net.safetensors", "--labels"], in: scratch.path).text.hasPrefix("0\tclass 0\n"))
    // Neither is overwritten.
    for output in ["config.json", "preprocessor_config.json"] {
      let result = try Command.run(["import", "net.onnx", "-o", output, "--force"], in: scratch.path)
      #expect(result.status == 73 && result.errorLines.count == 1, "\(result.error)")
    }
    for (text, message) in [
      ("{", "config.json: is no JSON object"), ("[1]", nil),
      (#"{"model_type": "x", "image_size": "large"}"#, "config.json: key image_size makes no sense"),
      (#"{"architectures": [], "id2label": {"1": "a"}}"#, "config.json: id2label: no label for class 0"),
      (#"{"pretrained_cfg": {"crop_mode": "round"}}"#, "config.json: key crop_mode makes no sense"),
      (#"{"image_size": "large", "editor": {}}"#, nil),
    ] as [(String, String?)] {
      try scratch.write(Array(text.utf8), to: "config.json")
      let result = try Command.run(call + ["--force"], in: scratch.path)
      #expect(result.status == (message == nil ? 0 : 65), "\(text): \(result.error)")
      if let message { #expect(result.error == "ttame-lite: \(message)\n") }
    }
  }

  @Test func labelsMayBeginBehindTheBackground() throws {
    let scratch = try Scratch()
    try scratch.write(Array("a\nb\nc\nd\ne\nf\n".utf8), to: "six.txt")
    try scratch.write(Array("0\na\nb\nc\nd\ne\nf\ng\n".utf8), to: "eight.txt")
    func run(_ options: [String]) throws -> Command.Result {
      try Command.run(
        ["import", Self.folder + "silu.onnx", "-o", "net.safetensors", "--force", "--labels"] + options,
        in: scratch.path)
    }
    func labels() throws -> String {
      try Command.run(["info", "net.safetensors", "--labels"], in: scratch.path).text
    }
    #expect(try run(["six.txt", "--label-offset", "1"]).status == 0)
    #expect(try labels().hasPrefix("0\tbackground\n1\ta\n"))
    #expect(try run(["eight.txt", "--label-offset", "-1"]).status == 0)
    #expect(try labels().hasPrefix("0\ta\n1\tb\n"))
    for (options, status, message) in [
      (["six.txt"], 65, "*: 6 labels for 7 classes of the network; with --label-offset 1, class 0 is the background"),
      (["eight.txt"], 65, "*: 8 labels for 7 classes of the network; --label-offset -1 leaves out the first"),
      (["six.txt", "--label-offset", "2"], 65, "*: 8 labels for 7 classes *"),
      (["six.txt", "--label-offset", "-6"], 64, "--label-offset: an offset of -6 does not fit 6 labels"),
    ] {
      let result = try run(options)
      #expect(result.status == Int32(status) && matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    }
  }

  /// Grey, wider than high, and normalised by the graph: everything runs on it.
  @Test func otherInputsExplain() throws {
    let scratch = try Scratch()
    try scratch.write(try Photos.small(width: 90, height: 60).encodedPNG(), to: "photo.png")
    let inputs = Command.package + "/Tests/Fixtures/onnx/inputs/"
    for (name, size) in [("gray_tall", "16x40"), ("wide", "40x16"), ("reversed_slice", "16x16"), ("open", "40x24")] {
      let imported = try Command.run(
        ["import", inputs + "\(name).onnx", "-o", "\(name).safetensors"], in: scratch.path)
      #expect(imported.status == 0 && imported.error.contains("\ninput \(size), "), "\(imported.error)")
      let model = ["--model", "./\(name).safetensors"]
      for options in [["--style", "panel"], ["--size", "crop"], ["--method", "gradcam", "--fit", "letterbox"]] {
        let explained = try Command.run(["explain", "-q", "photo.png"] + model + options, in: scratch.path)
        #expect(explained.status == 0, "\(options): \(explained.error)")
      }
      try scratch.write(Array("photo.png\t1\t0\t0\t60\t60\n".utf8), to: "list.tsv")
      let metrics = ["--metrics", "ad,road,insertion,deletion,pointing,trust", "--report", "\(name).html"]
      let evaluated = try Command.run(["evaluate", "--data", "list.tsv"] + model + metrics, in: scratch.path)
      #expect(evaluated.status == 0, "\(evaluated.error)")
    }
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
