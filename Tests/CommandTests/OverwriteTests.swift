import Explain
import Glibc
import Testing

/// Nothing that is read is written, no two outputs are one file, and files of others stay.
@Suite struct OverwriteTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let status: Int32
    let command: String
    /// What the line on standard error begins with, behind `ttame-lite: `.
    let message: String

    init(_ status: Int32, _ command: String, _ message: String) {
      (self.status, self.command, self.message) = (status, command, message)
    }

    var testDescription: String { "\(command): \(status)" }
  }

  private static let isInput = "is an input; it is not overwritten"
  private static func same(_ first: String, _ second: String) -> String { "\(first) and \(second) name the same file" }
  private static func foreign(_ kind: String, _ command: String = "") -> String {
    "is not \(kind) written by ttame-lite\(command); left unchanged (use --force to replace it)"
  }

  /// M stands for the model, which is `--model M` of each line.
  private static let explain = [
    Row(73, "explain a.png -o a.png", "a.png: \(isInput)"),
    Row(73, "explain a.png -o a.png --force", "a.png: \(isInput)"),
    Row(73, "explain a.png -o ./x/../a.png", "./x/../a.png: \(isInput)"),
    Row(73, "explain a.png -o soft.png", "soft.png: \(isInput)"),
    Row(73, "explain a.png -o hard.png --force", "hard.png: \(isInput)"),
    Row(73, "explain a.png -o a.png --top 2", "a.png: \(isInput)"),
    Row(73, "explain a.png b.png --json-file b.png", "b.png: \(isInput)"),
    Row(73, "explain a.png --json=a.png", "a.png: \(isInput)"),
    Row(73, "explain a.png --json-file M", "M: \(isInput)"),
    Row(73, "explain a.png --json-file model-link", "model-link: \(isInput)"),
    Row(73, "explain a.png --raw M --force", "M: \(isInput)"),
    Row(73, "explain a.png --raw a.png", "a.png: \(isInput)"),
    Row(73, "explain a.png -o M", "M: \(isInput)"),
    Row(64, "explain a.png -o x.png --json-file x.png", "x.png: \(same("-o", "--json-file"))"),
    Row(64, "explain a.png -o new --json-file ./new", "./new: \(same("-o", "--json-file"))"),
    Row(64, "explain a.png -o x.png --raw x.png", "x.png: \(same("-o", "--raw"))"),
    Row(64, "explain a.png -o - --raw r --json-file r", "r: \(same("--raw", "--json-file"))"),
    Row(64, "explain a.png -o to-new --json-file new", "new: \(same("-o", "--json-file"))"),
    Row(73, "explain a.png -o b.png", "b.png: \(foreign("an image"))"),
    Row(64, "explain a.png -o notes.txt", "-o notes.txt: '.txt' is not an output format"),
    Row(73, "explain a.png -o notes", "notes: \(foreign("an image"))"),
    Row(73, "explain a.png -o link-to-notes", "link-to-notes: \(foreign("an image"))"),
    Row(73, "explain a.png --json-file notes.txt", "notes.txt: \(foreign("JSON", " explain"))"),
    Row(73, "explain a.png --json-file foreign.json", "foreign.json: \(foreign("JSON", " explain"))"),
    Row(73, "explain a.png -o - --raw other.safetensors", "other.safetensors: \(foreign("a --raw file"))"),
    Row(73, "explain a.png -o readonly.png", "readonly.png: cannot be created: Permission denied"),
    Row(73, "explain a.png -o x/", "x/a.png: \(foreign("an image"))"),
    Row(73, "explain a.png -o b.png/x.png", "b.png/x.png: cannot be created: Not a directory"),
    Row(73, "explain a.png -o b.png/x/y.png", "b.png/x/y.png: cannot be created: Not a directory"),
    Row(73, "explain a.png -o b.png/", "b.png/: cannot be created: Not a directory"),
    Row(73, "explain a.png -o b.png/x/", "b.png: cannot be created: Not a directory"),
    Row(73, "explain a.png -o to-new/", "to-new/: cannot be created: No such file or directory"),
    Row(73, "explain a.png -o notes/ --tree", "notes/: cannot be created: Not a directory"),
    Row(73, "explain a.png --json-file notes/r", "notes/r: cannot be created: Not a directory"),
    Row(73, "explain a.png -o nowhere/x.png", "nowhere/x.png: cannot be created: No such file or directory"),
    Row(66, "classify b.png/x.png", "b.png/x.png: not a directory"),
    Row(73, "explain a.png --json-file answers", "answers: \(foreign("JSON", " explain"))"),
    Row(73, "explain a.png --skip-existing --json-file answers", "answers: \(foreign("JSON", " explain"))"),
    Row(73, "classify a.png --json-file report", "report: \(foreign("JSON", " classify"))"),
    Row(73, "evaluate --data list.tsv --json-file data.json", "data.json: \(foreign("JSON", " evaluate"))"),
    Row(73, "explain a.png --json-file crop.json", "crop.json: \(foreign("JSON", " explain"))"),
    Row(
      64, "explain a.png -o c.png --format jpg",
      "-o c.png: the name ends in .png, but --format is jpg; omit one of them"),
  ]

  private static let others = [
    Row(73, "classify a.png --json-file a.png", "a.png: \(isInput)"),
    Row(73, "classify a.png --json=M", "M: \(isInput)"),
    Row(73, "classify a.png --json-file notes.txt", "notes.txt: \(foreign("JSON", " classify"))"),
    Row(73, "evaluate --data list.tsv --json-file list.tsv", "list.tsv: \(isInput)"),
    Row(73, "evaluate --data list.tsv --json-file a.png", "a.png: \(isInput)"),
    Row(73, "evaluate --data list.tsv --metrics ad --log M", "M: \(isInput)"),
    Row(73, "evaluate --data partly.tsv --log b.png --force", "b.png: \(isInput)"),
    Row(73, "evaluate --data list.tsv --metrics ad --report a.png", "a.png: \(isInput)"),
    Row(73, "evaluate --data list.tsv --metrics ad --report notes.txt", "notes.txt: \(foreign("a report"))"),
    Row(73, "evaluate --data list.tsv --metrics ad --log notes.txt", "notes.txt: \(foreign("a log", " evaluate"))"),
    Row(
      64, "evaluate --data list.tsv --metrics ad --report new --log new", "new: \(same("--report", "--log"))"),
    Row(64, "evaluate --data list.tsv --json-file new --log new", "new: \(same("--log", "--json-file"))"),
    Row(73, "bench --only classify --seconds 0 --json-file M", "M: \(isInput)"),
    Row(73, "bench --only classify --seconds 0 --json-file notes.txt", "notes.txt: \(foreign("JSON", " bench"))"),
    Row(73, "bench --kernels softmax --compare foreign.json --json=foreign.json", "foreign.json: \(isInput)"),
    Row(73, "train --data photos -o N --batch 1 --log M", "M: \(isInput)"),
    Row(73, "train --data photos -o N --batch 1 --curves M", "M: \(isInput)"),
    Row(73, "train --data photos -o N --batch 1 --checkpoint M", "M: \(isInput)"),
    Row(73, "train --data photos -o M --batch 1 --force", "M: \(isInput)"),
    Row(73, "train --data photos -o N --batch 1 --log photos/1.png", "photos/1.png: \(isInput)"),
    Row(73, "train --data photos -o N --batch 1 --validation list.tsv --log b.png", "b.png: \(isInput)"),
    Row(
      73, "train --data photos -o N --batch 1 --validation list.tsv --validation-images 1 --log b.png --force",
      "b.png: \(isInput)"),
    Row(64, "train --data photos -o N --batch 1 --curves N", "N: \(same("-o", "--curves"))"),
    Row(64, "train --data photos -o N --batch 1 --checkpoint N", "N: \(same("-o", "--checkpoint"))"),
    Row(
      64, "train --data photos -o N --batch 1 --log N.checkpoint", "N.checkpoint: \(same("the checkpoint", "--log"))"),
    Row(73, "train --data photos -o notes.txt --batch 1", "notes.txt: \(foreign("a model"))"),
    Row(73, "train --data photos -o N --batch 1 --checkpoint notes.txt", "notes.txt: \(foreign("a checkpoint"))"),
    Row(
      73, "train --data photos -o N --batch 1 --log notes.txt --resume", "notes.txt: \(foreign("a log", " train"))"
    ),
    Row(64, "train --data photos -o N --batch 1 --curves c.bmp", "--curves c.bmp: '.bmp' is not an output format"),
    Row(73, "import other.safetensors -o other.safetensors --force", "other.safetensors: \(isInput)"),
    Row(73, "import other.safetensors -o notes.txt", "notes.txt: \(foreign("a model"))"),
    Row(73, "import other.safetensors -o list.tsv --labels list.tsv", "list.tsv: \(isInput)"),
    Row(73, "import other.safetensors -o notes.txt --head notes.txt --force", "notes.txt: \(isInput)"),
    Row(73, "import index.json -o shard.safetensors --force", "shard.safetensors: \(isInput)"),
  ]

  /// Everything that a command might spoil.
  private func folder() throws -> Scratch {
    let scratch = try TinyStream().scratch
    for folder in ["x", "photos"] { try scratch.makeFolder(folder) }
    #expect(rename(scratch / "tiny.safetensors", scratch / "M") == 0)
    for (index, name) in ["a.png", "b.png", "x/a.png", "photos/1.png", "readonly.png"].enumerated() {
      try scratch.write(try TinyStream.frame(.png, 20 + index), to: name)
    }
    for name in ["notes.txt", "notes"] { try scratch.write(Array("Not to be lost.\n".utf8), to: name) }
    try scratch.write(Array("{\"images\": [1, 2, 3]}\n".utf8), to: "foreign.json")
    try scratch.write(Array("{\"data\":[1,2],\"meta\":{}}\n".utf8), to: "data.json")
    try scratch.write(Array("{\"crop\":{\"a\":\"\\\"}\",\"explanations\":1},\"e\":2}\n".utf8), to: "crop.json")
    try scratch.write(Array("{\"crop\":{\"x\":1,\"y\":2},\"explanations\":[]}\n".utf8), to: "report")
    try scratch.write(Array("{\"crop\":{\"x\":1,\"y\":2},\"fit\":\"crop\"}\n".utf8), to: "answers")
    try scratch.write(Array("a.png\t0\nb.png\t1\n".utf8), to: "list.tsv")
    try scratch.write(Array("a.png\t0\t0\t0\t9\t9\n".utf8), to: "boxes.tsv")
    try scratch.write(Array("a.png\t0\nb.png\n".utf8), to: "partly.tsv")
    let other = try SafetensorsWriter(path: scratch / "other.safetensors", tensors: [], metadata: ["format": "pt"])
    _ = try other.finish()
    try scratch.write(try Command.bytes(of: scratch / "other.safetensors"), to: "shard.safetensors")
    try scratch.write(Array("{\"weight_map\": {\"w\": \"shard.safetensors\"}}".utf8), to: "index.json")
    for (target, link) in [
      ("a.png", "soft.png"), ("M", "model-link"), ("notes", "link-to-notes"), ("new", "to-new"),
    ] {
      #expect(symlink(target, scratch / link) == 0)
    }
    #expect(link(scratch / "a.png", scratch / "hard.png") == 0)
    #expect(chmod(scratch / "readonly.png", 0o444) == 0)
    return scratch
  }

  @Test(arguments: explain + others)
  func everythingStays(_ row: Row) throws {
    // Nobody keeps root from writing.
    if row.command.contains("readonly"), geteuid() == 0 { return }
    let scratch = try folder()
    let before = try scratch.contents()
    let words = row.command.split(separator: " ").map(String.init)
    let takesModel = words[0] != "import" && !words.contains("--kernels")
    let result = try Command.run(words + (takesModel ? ["--model", "M"] : []), in: scratch.path)
    #expect(result.errorLines.count == 1 && result.error.hasPrefix("ttame-lite: \(row.message)"), "\(result.error)")
    #expect(result.status == row.status)
    #expect(result.output.isEmpty)
    #expect(try scratch.contents() == before)
  }

  /// What is empty, ours, or given up may be replaced; twice the same command always may.
  @Test(arguments: [
    ["explain", "a.png", "-o", "out.png", "--json-file", "r.jsonl", "--raw", "r.safetensors"],
    ["explain", "a.png", "b.png", "-o", "out/", "--raw", "raw/", "--json=r.jsonl"],
    ["explain", "a.png", "-o", "out.jpg"], ["explain", "a.png", "-o", "out.PPM", "--style", "mask"],
    ["classify", "a.png", "--json-file", "r.jsonl"],
    [
      "evaluate", "--data", "list.tsv", "--json-file", "r.json", "--log", "l.jsonl", "--metrics", "ad", "--report", "p",
    ],
    ["evaluate", "--data", "boxes.tsv", "--metrics", "pointing", "--json-file", "r.json"],
    ["bench", "--only", "classify", "--seconds", "0", "--json-file", "r.json"],
    ["bench", "--only", "explain", "--seconds", "0", "--json-file", "r.json"],
    ["train", "--data", "list.tsv", "-o", "N", "--batch", "2", "--epochs", "1", "--log", "l", "--curves", "c.png"],
    ["train", "--data", "list.tsv", "-o", "N", "--batch", "2", "--epochs", "1", "--log", "l", "--checkpoint", "k"],
  ])
  func ourOwnFilesAreReplaced(_ arguments: [String]) throws {
    let scratch = try folder()
    let before = try scratch.contents()
    for name in ["r.jsonl", "r.safetensors", "N"] where arguments.contains(name) { try scratch.write([], to: name) }
    let first = try Command.run(arguments + ["--model", "M"], in: scratch.path)
    #expect(first.status == 0, "\(first.error)")
    let written = try scratch.contents()
    #expect(written.count > before.count)
    let again = try Command.run(arguments + ["--model", "M"], in: scratch.path)
    #expect(again.status == 0, "\(again.error)")
    #expect(try scratch.contents().keys == written.keys)
    for (name, bytes) in before { #expect(try scratch.contents()[name] == bytes, "\(name)") }
  }

  @Test(arguments: [
    ["explain", "a.png", "-o", "b.png"], ["explain", "a.png", "-o", "x/"], ["explain", "a.png", "--json=notes"],
    ["explain", "a.png", "--json=notes", "--skip-existing"],
    ["explain", "a.png", "-o", "-", "--raw", "notes"], ["classify", "a.png", "--json-file", "notes"],
    ["evaluate", "--data", "list.tsv", "--metrics", "ad", "--report", "notes"],
    ["train", "--data", "list.tsv", "-o", "notes", "--batch", "2", "--epochs", "1"],
  ])
  func forceReplacesWhatIsNoInput(_ arguments: [String]) throws {
    let scratch = try folder()
    let changed = arguments.contains("b.png") ? "b.png" : arguments.contains("x/") ? "x/a.png" : "notes"
    let before = try scratch.contents()
    #expect(try Command.run(arguments + ["--model", "M"], in: scratch.path).status == 73)
    #expect(try scratch.contents() == before)
    let forced = try Command.run(arguments + ["--model", "M", "--force"], in: scratch.path)
    #expect(forced.status == 0, "\(forced.error)")
    let after = try scratch.contents()
    // Nothing is added to what was there.
    #expect(try !#require(after[changed]).starts(with: #require(before[changed])))
    for (name, bytes) in before where name != "link-to-notes" {
      #expect((after[name] == bytes) == (name != changed), "\(name)")
    }
  }

  /// The rest is done where one picture must stay.
  @Test func oneForeignPictureOfMany() throws {
    let scratch = try folder()
    let result = try Command.run(["explain", "-q", "a.png", "b.png", "-o", "x/", "--model", "M"], in: scratch.path)
    #expect(result.status == 73 && result.errorLines.count == 1, "\(result.error)")
    #expect(try scratch.files(in: "x") == ["a.png", "b.png"])
  }

  /// Made-up names keep away from other outputs as well.
  @Test func namesThatAreMadeUpAvoidOutputs() throws {
    let scratch = try folder()
    let arguments = ["explain", "-q", "b.png", "-o", ".", "--json-file", "b-2.png", "--model", "M"]
    #expect(try Command.run(arguments, in: scratch.path).status == 0)
    #expect(try Image(decoding: Command.bytes(of: scratch / "b-3.png")).width == 21)
    #expect(try Command.bytes(of: scratch / "b-2.png").starts(with: "{\"".utf8))
  }

  @Test(arguments: ["classify a.png", "classify --json a.png", "explain -q -o - a.png", "explain --json a.png b.png"])
  func standardOutputIsNoInput(_ line: String) throws {
    let scratch = try folder()
    let before = try scratch.contents()
    for file in ["a.png", "M"] {
      let appending = ["/bin/sh", "-c", "exec \"$0\" \"$@\" >> \(file)", Command.binary]
      let arguments = line.split(separator: " ").map(String.init) + ["--model", "M"]
      let result = try Command.run(arguments, program: appending, in: scratch.path)
      #expect(result.status == 73 && result.error == "ttame-lite: \(file): input file is output file\n")
    }
    let both = ["/bin/sh", "-c", "exec \"$0\" \"$@\" < a.png >> a.png", Command.binary]
    let result = try Command.run(["classify", "--model", "M"], program: both, in: scratch.path)
    #expect(result.error == "ttame-lite: standard input: input file is output file\n")
    #expect(try scratch.contents() == before)
  }

  /// The reason would be appended to the input.
  @Test(arguments: [
    "classify a.png", "classify x", "explain -q a.png", "classify --model 2 a.png", "info M", "train --data a.png -o N",
    "evaluate --data a.png", "import M -o N", "bench --kernels softmax --compare a.png",
  ])
  func standardErrorIsNoInput(_ line: String) throws {
    let scratch = try folder()
    let before = try scratch.contents()
    let words = line.split(separator: " ").map(String.init)
    let takesModel = !line.contains("M") && !line.contains("--model") && !line.contains("--kernels")
    let file = line.contains("M") ? "M" : words.contains("x") ? "x/a.png" : "a.png"
    let appending = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>> \(file)", Command.binary]
    let result = try Command.run(words + (takesModel ? ["--model", "M"] : []), program: appending, in: scratch.path)
    #expect(result.status == 73 && result.output.isEmpty)
    #expect(try scratch.contents() == before)
  }

  /// Nor is it where the line cannot be read, and so nobody knows yet what is an input.
  @Test(arguments: [
    ("explain a.png --top 0", "2>> a.png"), ("classify --tpo 3 a.png", ">> a.png 2>&1"), ("clasify a.png", "2>> a.png"),
    ("explain a.png --json --json=x", "2>> a.png"), ("train --data=a.png", "2>> a.png"),
  ])
  func standardErrorIsNoInputOfUsageErrors(_ line: String, _ redirection: String) throws {
    let scratch = try folder()
    let before = try scratch.contents()
    let words = line.split(separator: " ").map(String.init)
    func run(_ redirection: String) throws -> Command.Result {
      let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\" \(redirection)", Command.binary]
      return try Command.run(words, program: shell, in: scratch.path)
    }
    #expect(try run(redirection).status == 64)
    #expect(try scratch.contents() == before)
    #expect(try run("2>> log").status == 64)
    #expect(try !Command.bytes(of: scratch / "log").isEmpty)
  }

  /// Standard error may share a file with standard output, and with nothing else.
  @Test func standardErrorIsAnOutput() throws {
    let scratch = try folder()
    func run(_ redirection: String, _ line: String) throws -> Command.Result {
      try Command.run(
        line.split(separator: " ").map(String.init) + ["--model", "M"],
        program: ["/bin/sh", "-c", "exec \"$0\" \"$@\" \(redirection)", Command.binary], in: scratch.path)
    }
    #expect(try run("> log 2>&1", "classify a.png").status == 0)
    #expect(try run("2>> r.jsonl", "explain a.png --json-file r.jsonl").status == 64)
    let message = "r.jsonl: \(Self.same("standard error", "--json-file"))\n"
    #expect(try Command.bytes(of: scratch / "r.jsonl") == Array("ttame-lite: \(message)".utf8))
    // A name that is made up gives way.
    #expect(try run("2> a-explained.png", "explain a.png").status == 0)
    #expect(try Image(decoding: Command.bytes(of: scratch / "a-explained-2.png")).width == 20)
  }

  @Test func trainingGoesOnWithItsOwnFiles() throws {
    let scratch = try folder()
    let arguments = ["train", "--data", "list.tsv", "-o", "N", "--batch", "2", "--log", "l.jsonl", "--model", "M"]
    #expect(try Command.run(arguments + ["--epochs", "2"], in: scratch.path).status == 0)
    let result = try Command.run(arguments + ["--epochs", "2", "--resume"], in: scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let lines = try JSONValue.lines(String(decoding: Command.bytes(of: scratch / "l.jsonl"), as: UTF8.self))
    #expect(lines.count == 2)
  }
}

extension Scratch {
  /// The bytes of all files, by their paths from the folder.
  func contents() throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in try files() {
      var status = stat()
      guard stat(self / name, &status) == 0 else { continue }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        contents[name] = try Command.bytes(of: self / name)
        continue
      }
      for inner in try files(in: name) {
        contents["\(name)/\(inner)"] = try Command.bytes(of: self / "\(name)/\(inner)")
      }
    }
    return contents
  }
}
