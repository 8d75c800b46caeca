import Explain
import Testing

/// What every command ends with, and what it says: a status, and one line where it is not 0.
///
/// 70 is a bug of this program, and 71 takes a machine without memory. That `train` and `import` end with 0 is shown by
/// their own tests, and what happens to outputs that fail on the way by `OutputFailureTests`.
@Suite struct ExitStatusTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let command: String
    let input: Input
    let status: Int32
    /// What follows `ttame-lite: `, with `*` for what is left open.
    let message: String
    /// Whether there are answers too.
    let hasOutput: Bool

    init(_ status: Int32, _ command: String, _ message: String, input: Input = .nothing, hasOutput: Bool = false) {
      (self.status, self.command, self.message) = (status, command, message)
      (self.input, self.hasOutput) = (input, hasOutput)
    }

    var testDescription: String { "\(command) (\(input)): \(status)" }
  }

  /// What standard input holds.
  enum Input: Sendable {
    case nothing, text, picture, damaged, cut, pictures, page
  }

  private static let noPicture = "is not a supported image (PNG, JPEG, PNM or PAM)"
  private static let notFound = "missing: model not found in *; give a file, or set TTAME_WEIGHTS to its folder"
  private static let noSafetensors = "text.jpg: not a safetensors file: *"
  private static let noFolder = "cannot be created: No such file or directory"

  private static let explain = [
    Row(64, "explain photo.png --class no-such-thing", "class 'no-such-thing' is unknown*"),
    Row(64, "explain photo.png --class tenchh", "*did you mean 0 tench?*"),
    Row(64, "explain photo.png --class retriever", "*give the index*"),
    Row(64, "explain photo.png --class 1000", "class 1000 does not exist; the model has classes 0 to 999"),
    Row(64, "explain photo.png photo.png -o out.png", "-o out.png: is one file for 2 inputs; give a folder or -"),
    Row(64, "explain -q -o out.png", "out.png: is one file, but more images follow the first; *", input: .pictures),
    Row(64, "explain photo.png -o - --json", "--json and -o - cannot share standard output. (see *explain --help)"),
    Row(64, "explain - -", "standard input (-) is given more than once"),
    Row(64, "explain photo.png --alpha 2", "--alpha must be 0 to 1. (see ttame-lite explain --help)"),
    Row(64, "explain photo.png --top 0", "--top must be 1 or more. (see ttame-lite explain --help)"),
    Row(64, "explain photo.png --style pretty", "The value 'pretty' is invalid for '--style <style>'*"),
    Row(64, "explain photo.png --threads 0", "--threads must be 1 to 1024. (see ttame-lite explain --help)"),
    Row(64, "explain photo.png --cpu z80", "The value 'z80' is invalid for '--cpu <TIER>'*"),
    Row(64, "explain photo.png --colour", "Unknown option '--colour'* (see ttame-lite explain --help)"),
    Row(64, "explain photo.png --raw -", "--raw needs a file; it cannot be standard output"),
    Row(65, "explain text.jpg", "text.jpg: " + noPicture),
    Row(65, "explain photo.heic", "photo.heic: is HEIC, which cannot be read as an image: *'heif-convert IN OUT.jpg'"),
    Row(65, "explain", "standard input: is a web page (HTML), which cannot be read as an image: *", input: .page),
    Row(65, "explain empty.png", "empty.png: is empty"),
    Row(65, "explain truncated.png", "truncated.png: PNG ends before its image is complete"),
    Row(65, "explain damaged.png", "damaged.png: PNG chunk IDAT fails its checksum"),
    Row(65, "explain", "standard input: " + noPicture, input: .text),
    Row(65, "explain", "standard input: PNG ends before its image is complete", input: .cut),
    Row(65, "explain -q", "standard input, image 2: PNG chunk IDAT *", input: .damaged, hasOutput: true),
    Row(65, "explain photo.png --model text.jpg", noSafetensors),
    Row(65, "explain photo.png --model cut.safetensors", "cut.safetensors: tensor * but the file holds *"),
    Row(66, "explain", "standard input: is empty; name a file, or pipe an image in"),
    Row(66, "explain missing.jpg", "missing.jpg: no such file"),
    Row(66, "explain text.jpg/photo.png", "text.jpg/photo.png: not a directory"),
    Row(66, "explain folder", "folder: has no images (*); skipped: other extensions: 1"),
    Row(66, "explain photo.png --model missing", notFound),
    Row(66, "explain photo.png --model ./missing", "./missing: no such model file"),
    Row(73, "explain photo.png -o no/out.png", "no/out.png: " + noFolder),
    Row(73, "explain photo.png -o photo.png", "photo.png: is an input; it is not overwritten"),
    Row(73, "explain photo.png -o photo.png/x/", "photo.png: cannot be created: Not a directory"),
    Row(73, "explain photo.png --json-file no/lines.jsonl", "no/lines.jsonl: " + noFolder),
    Row(73, "explain photo.png --json-file folder", "folder: is a directory"),
    Row(73, "explain photo.png -o - --raw no/raw.safetensors", "no/raw.safetensors: " + noFolder),
  ]

  private static let classify = [
    Row(64, "classify --top 0 photo.png", "--top must be 1 or more. (see ttame-lite classify --help)"),
    Row(65, "classify --json text.jpg", "text.jpg: " + noPicture),
    Row(65, "classify", "standard input, image 2: PNG chunk IDAT *", input: .damaged, hasOutput: true),
    Row(65, "classify photo.png --model cut.safetensors", "cut.safetensors: tensor * but the file holds *"),
    Row(66, "classify -", "standard input: is empty; name a file, or pipe an image in"),
    Row(66, "classify missing.jpg", "missing.jpg: no such file"),
    Row(66, "classify missing.jpg photo.png", "missing.jpg: no such file", hasOutput: true),
    Row(66, "classify photo.png --model missing", notFound),
  ]

  private static let import_ = [
    Row(64, "import", "Missing expected argument '<WEIGHTS>' (see ttame-lite import --help)"),
    Row(64, "import tiny.safetensors -o out --arch vgg99", "--arch: unknown architecture vgg99; known are *"),
    Row(65, "import text.jpg -o out", noSafetensors),
    Row(65, "import tiny.safetensors -o out", "tiny.safetensors: is a ttame-lite model already, not weights; *"),
    Row(66, "import missing.safetensors -o out", "missing.safetensors: no such file"),
    Row(66, "import folder -o out", "folder: is a directory, a file is needed"),
  ]

  private static let train = [
    Row(64, "train --data list.tsv", "Missing expected argument '--output <MODEL>' (see ttame-lite train --help)"),
    Row(64, "train --data list.tsv -o out --checkpoint c.json", "--checkpoint: a name that ends in .json means *"),
    Row(64, "train --data list.tsv -o out --epochs 0", "--epochs must be 1 to 100000. (see ttame-lite train --help)"),
    Row(65, "train --data list.tsv -o out", "list.tsv: 1 image, less than a batch of 32; *"),
    Row(65, "train --data list.tsv -o out --model cut.safetensors", "cut.safetensors: tensor *"),
    Row(66, "train --data missing -o out", "missing: no such file"),
    Row(66, "train --data list.tsv -o out --model missing", notFound),
    Row(73, "train --data list.tsv -o out --batch 1 --log no/log", "no/log: " + noFolder),
    Row(73, "train --data list.tsv -o no/model --batch 1", "no/model: " + noFolder),
    Row(73, "train --data list.tsv -o list.tsv --batch 1", "list.tsv: is an input; it is not overwritten"),
  ]

  private static let evaluate = [
    Row(64, "evaluate", "Missing expected argument '--data <DIR|LIST.tsv>' (see ttame-lite evaluate --help)"),
    Row(64, "evaluate --data list.tsv --metrics beauty", "The value 'beauty' is invalid for '--metrics <NAME,...>'*"),
    Row(65, "evaluate --data unlabelled.tsv", "unlabelled.tsv: accuracy needs classes, but no line has one"),
    Row(
      65, "evaluate --data wrong.tsv",
      "wrong.tsv: line 1: class 1000, but the model has classes 0 to 999; -1 means unknown"),
    Row(65, "evaluate --data list.tsv --model text.jpg", noSafetensors),
    Row(66, "evaluate --data missing.tsv", "missing.tsv: no such file"),
    Row(73, "evaluate --data list.tsv --metrics ad --log no/log", "no/log: " + noFolder),
    Row(73, "evaluate --data list.tsv --metrics ad --report no/page", "no/page: " + noFolder),
    Row(73, "evaluate --data list.tsv --metrics ad --report list.tsv", "list.tsv: is an input; it is not overwritten"),
  ]

  private static let others = [
    Row(64, "bench --kernels nothing", "--kernels 'nothing' matches no shape of gemm-int8, *"),
    Row(64, "bench --rounds 0", "--rounds must be 1 to 100000. (see ttame-lite bench --help)"),
    Row(65, "bench --model cut.safetensors", "cut.safetensors: tensor *"),
    Row(65, "bench --kernels softmax --rounds 1 --compare list.tsv", "list.tsv: is not output of 'bench --json'"),
    Row(66, "bench --model missing", notFound),
    Row(66, "bench --kernels softmax --rounds 1 --compare missing.json", "missing.json: no such file"),
    Row(64, "info --colour", "Unknown option '--colour' (see ttame-lite info --help)"),
    Row(65, "info text.jpg", noSafetensors),
    Row(66, "info missing", notFound),
    Row(64, "dance", "'dance' is not a command; commands are explain, classify, *info (see ttame-lite --help)"),
  ]

  @Test(arguments: explain + classify + import_ + train + evaluate + others)
  func oneHelpfulLine(_ row: Row) throws {
    let scratch = try Self.folder()
    let before = try scratch.files()
    let png = try Command.bytes(of: scratch / "photo.png")
    let result = try run(row, scratch)
    #expect(result.status == row.status)
    #expect(result.output.isEmpty != row.hasOutput)
    #expect(result.errorLines.count == 1)
    #expect(matches(result.error, "ttame-lite: \(row.message)\n"), "\(result.error)")
    // One picture of a stream still fits one file.
    #expect(try scratch.files().filter { row.input != .pictures || $0 != "out.png" } == before)
    #expect(try Command.bytes(of: scratch / "photo.png") == png)
  }

  @Test(arguments: [
    Row(0, "explain --model tiny.safetensors photo.png -o -", "photo.png: d *", hasOutput: true),
    Row(0, "explain --model tiny.safetensors photo.png -o out.png", "photo.png: d * -> out.png\n"),
    Row(0, "explain --model tiny.safetensors -q", "", input: .pictures, hasOutput: true),
    Row(0, "classify --model tiny.safetensors", "", input: .picture, hasOutput: true),
    Row(0, "evaluate --model tiny.safetensors --data list.tsv", "", hasOutput: true),
    Row(0, "bench --kernels softmax --rounds 1", "", hasOutput: true),
    Row(0, "info tiny.safetensors", "", hasOutput: true),
    Row(0, "--help", "", hasOutput: true),
  ])
  func nothingToComplainAbout(_ row: Row) throws {
    let result = try run(row, try Self.folder())
    #expect(result.status == 0 && result.output.isEmpty != row.hasOutput)
    #expect(matches(result.error, row.message), "\(result.error)")
  }

  private static func folder() throws -> Scratch {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    let png = try TinyStream.frame(.png, 40, 36)
    let model = try Command.bytes(of: scratch / "tiny.safetensors")
    for (name, text) in [
      ("text.jpg", "This is no picture.\n"), ("photo.heic", "\0\0\0\u{18}ftypheic\0\0\0\0mif1heic"),
      ("list.tsv", "photo.png\t0\n"), ("unlabelled.tsv", "photo.png\n"),
      ("wrong.tsv", "photo.png\t1000\n"), ("folder/file", ""),
    ] {
      if name == "folder/file" { try scratch.makeFolder("folder") }
      try scratch.write(Array(text.utf8), to: name)
    }
    try scratch.write([], to: "empty.png")
    try scratch.write(png, to: "photo.png")
    try scratch.write(damaged(png), to: "damaged.png")
    try scratch.write(Array(png.dropLast(20)), to: "truncated.png")
    try scratch.write(Array(model.dropLast(20)), to: "cut.safetensors")
    return scratch
  }

  private static func damaged(_ png: [UInt8]) -> [UInt8] {
    var damaged = png
    damaged[png.count / 2] ^= 0xFF
    return damaged
  }

  private func run(_ row: Row, _ scratch: Scratch) throws -> Command.Result {
    let png = try Command.bytes(of: scratch / "photo.png")
    let input: [UInt8] =
      switch row.input {
      case .nothing: []
      case .text: Array("This is no picture.\n".utf8)
      case .picture: png
      case .damaged: png + Self.damaged(png) + png
      case .cut: Array(png.dropLast(20))
      case .pictures: png + png + png
      case .page: Array("<!DOCTYPE html><title>404</title>".utf8)
      }
    return try Command.run(row.command.split(separator: " ").map(String.init), input: input, in: scratch.path)
  }
}
