import Explain
import Glibc
import Testing

/// Inputs of one name in several folders, in one run and in several.
@Suite struct TreeTests {
  /// Each picture has a width of its own.
  private func photographs() throws -> TinyStream {
    let tiny = try TinyStream()
    for (index, name) in ["x/p.png", "y/p.png", "x/deep/p.png", "p.png"].enumerated() {
      if let folder = parentFolder(name) { try tiny.scratch.makeFolder(folder) }
      try tiny.scratch.write(try TinyStream.frame(.png, 20 + index), to: name)
    }
    return tiny
  }

  private func explain(_ arguments: String, _ tiny: TinyStream, in folder: String = "") throws -> Command.Result {
    try Command.run(
      ["explain"] + arguments.split(separator: " ").map(String.init) + tiny.model, in: tiny.scratch / folder)
  }

  private func width(_ path: String, _ tiny: TinyStream) throws -> Int {
    try Image(decoding: Command.bytes(of: tiny.scratch / path)).width
  }

  @Test func foldersAreMirrored() throws {
    let tiny = try photographs()
    let result = try explain("-q x/p.png ./y/../y/p.png x/deep/p.png p.png -o out/ --tree", tiny)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    for (index, name) in ["x/p.png", "y/p.png", "x/deep/p.png", "p.png"].enumerated() {
      #expect(try width("out/" + name, tiny) == 20 + index)
    }
    // The same again, one by one, says nothing either.
    for name in ["x/p.png", "y/p.png"] { #expect(try explain("-q \(name) -o out/ --tree", tiny).error.isEmpty) }
    #expect(try tiny.scratch.files(in: "out") == ["p.png", "x", "y"])
  }

  /// Nothing is written outside of the folder, whatever the paths of inputs say.
  @Test func pathsThatLeaveTheFolder() throws {
    let tiny = try photographs()
    let absolute = tiny.scratch / "y/p.png"
    let before = try tiny.scratch.contents()
    #expect(
      try explain("-q ../p.png ../../\(fileName(tiny.scratch.path))/x/p.png \(absolute) -o out/ --tree", tiny, in: "x")
        .status == 0)
    let root = String(tiny.scratch.path.dropFirst())
    #expect(try width("x/out/\(root)/p.png", tiny) == 23)
    #expect(try width("x/out/\(root)/x/p.png", tiny) == 20)
    #expect(try width("x/out/\(root)/y/p.png", tiny) == 21)
    let after = try tiny.scratch.contents()
    for (name, bytes) in before { #expect(after[name] == bytes) }
    #expect(try tiny.scratch.files() == ["p.png", "tiny.safetensors", "x", "y"])
  }

  @Test(arguments: ["-o out.png", "-o -", "", "-o new"])
  func aTreeNeedsAFolder(_ output: String) throws {
    let tiny = try photographs()
    let before = try tiny.scratch.files()
    let result = try explain("x/p.png --tree \(output)", tiny)
    #expect(result.status == 64 && result.error.contains("needs an output folder: -o FOLDER/"), "\(result.error)")
    #expect(try tiny.scratch.files() == before)
  }

  /// Across runs: the second input of a name replaces the first, and says so.
  @Test func replacingAnothersPictureIsSaid() throws {
    let tiny = try photographs()
    let warning = "replaced; it belonged to another input of that name (--tree keeps folders apart)"
    #expect(try explain("-q x/p.png -o out/", tiny).error.isEmpty)
    #expect(try explain("-q ./x/p.png -o out/", tiny).error.isEmpty)
    let second = try explain("-q y/p.png -o out/", tiny)
    #expect(second.status == 0 && second.error == "ttame-lite: out/p.png: \(warning)\n", "\(second.error)")
    #expect(try width("out/p.png", tiny) == 21)
    #expect(try explain("-q x/p.png", tiny).error.isEmpty)
    #expect(try explain("-q y/p.png", tiny).error == "ttame-lite: p-explained.png: \(warning)\n")
    // A name that the user chose may be replaced without a word, and within a run names are kept apart.
    #expect(try explain("-q x/p.png -o out/p.png", tiny).error.isEmpty)
    #expect(try explain("-q x/p.png y/p.png -o both/", tiny).error.isEmpty)
    #expect(try tiny.scratch.files(in: "both") == ["p-2.png", "p.png"])
    // Many of them are counted.
    let many = try explain("-q y/p.png x/p.png -o both/", tiny)
    let lines = [
      "ttame-lite: both/p.png: \(warning)", "ttame-lite: 2 files of other inputs were replaced",
    ]
    #expect(many.errorLines.map(String.init) == lines, "\(many.error)")
  }

  @Test func existingPicturesAreSkipped() throws {
    let tiny = try photographs()
    #expect(try explain("-q x/p.png -o out/ --json-file r.jsonl", tiny).status == 0)
    let before = try tiny.scratch.contents()
    let result = try explain("x/p.png x/deep/p.png -o out/ --skip-existing --json-file r.jsonl", tiny)
    #expect(
      result.status == 0 && result.errorLines.first == "1 of 2 images already exists; skipped", "\(result.error)")
    #expect(try tiny.scratch.files(in: "out") == ["p-2.png", "p.png"])
    #expect(try width("out/p-2.png", tiny) == 22)
    #expect(try tiny.scratch.contents()["out/p.png"] == before["out/p.png"])
    let report = try JSONValue.lines(String(decoding: Command.bytes(of: tiny.scratch / "r.jsonl"), as: UTF8.self))
    #expect(report.map { $0["input"] } == [.string("x/p.png"), .string("x/deep/p.png")])
    // With all of them there, nothing is left to do; standard input is not read in their place.
    let again = try explain("x/p.png x/deep/p.png -o out/ --skip-existing", tiny)
    #expect(again.status == 0 && again.error == "2 of 2 images already exist; skipped\n", "\(again.error)")
    #expect(try explain("-q x/p.png x/deep/p.png -o out/ --skip-existing", tiny).error.isEmpty)
  }

  /// With `xargs` every input is a run of its own: no answer is lost, and none computed twice.
  @Test func oneRunAnInput() throws {
    let tiny = try photographs()
    let names = ["x/p.png", "y/p.png", "x/deep/p.png", "p.png"]
    for _ in 0..<2 {
      for name in names { #expect(try explain("-q \(name) -o out/ --skip-existing", tiny).status == 0) }
      #expect(try tiny.scratch.files(in: "out") == ["p-2.png", "p-3.png", "p-4.png", "p.png"])
    }
    #expect(try width("out/p-3.png", tiny) == 22)
    for name in names { #expect(try explain("-q \(name) -o tree/ --tree --skip-existing", tiny).status == 0) }
    #expect(try width("tree/x/deep/p.png", tiny) == 22)
  }

  /// Several runs at once, as `xargs -P` starts them: every input has a picture and a line, and nothing else is left.
  @Test(arguments: ["", "touch out/p.png"])
  func manyRunsAtOnce(_ first: String) throws {
    let tiny = try TinyStream()
    let count = 24
    for index in 0..<count {
      try tiny.scratch.makeFolder("in/\(index)")
      try tiny.scratch.write(try TinyStream.frame(.png, 20 + index), to: "in/\(index)/p.png")
    }
    let script = """
      mkdir out; \(first)
      i=0; while [ $i -lt \(count) ]; do
        "$0" explain -q in/$i/p.png -o out/ --skip-existing --json-file r.jsonl --model tiny.safetensors & i=$((i+1))
      done; wait
      """
    let result = try Command.run([Command.binary], program: ["/bin/sh", "-c", script], in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    let names = try tiny.scratch.files(in: "out")
    #expect(names.count == count, "\(names)")
    #expect(try Set(names.map { try width("out/" + $0, tiny) }) == Set(20..<20 + count))
    let lines = try JSONValue.lines(String(decoding: Command.bytes(of: tiny.scratch / "r.jsonl"), as: UTF8.self))
    #expect(lines.count == count)
    for line in lines {
      let (picture, path) = (line["width"].number, line["explanations"][0]["output"].string ?? "")
      #expect(try Double(width(path, tiny)) == picture)
    }
  }

  /// The mark tells whose picture a file is.
  @Test func aNamedFileOfAnotherIsNoPictureOfThis() throws {
    let tiny = try photographs()
    #expect(try explain("-q x/p.png -o out.png", tiny).status == 0)
    try tiny.scratch.makeFolder("out")
    let input = try Command.bytes(of: tiny.scratch / "y/p.png")
    #expect(
      try Command.run(["explain", "-q", "-o", "stdin.png"] + tiny.model, input: input, in: tiny.scratch.path).status
        == 0)
    try tiny.scratch.write(try Command.bytes(of: tiny.scratch / "stdin.png"), to: "out/p.png")
    let before = try tiny.scratch.contents()
    let message = "does not belong to this input, and --skip-existing leaves it unchanged; give another file"
    for name in ["out.png", "stdin.png"] {
      let result = try explain("y/p.png -o \(name) --skip-existing", tiny)
      #expect(result.status == 73 && result.error == "ttame-lite: \(name): \(message)\n", "\(result.error)")
    }
    #expect(try explain("x/p.png -o out.png --skip-existing", tiny).error == "1 of 1 image already exists; skipped\n")
    #expect(try tiny.scratch.contents() == before)
    // In a folder the next number is free.
    #expect(try explain("-q y/p.png -o out/ --skip-existing", tiny).status == 0)
    #expect(try tiny.scratch.files(in: "out") == ["p-2.png", "p.png"])
    #expect(try tiny.scratch.contents()["out/p.png"] == before["out/p.png"])
  }

  /// Numbers are kept apart like pictures.
  @Test func filesOfRaw() throws {
    let tiny = try photographs()
    for name in ["x/p.png", "y/p.png"] {
      #expect(try explain("-q \(name) -o out/ --raw tree/ --tree", tiny).error.isEmpty)
    }
    #expect(try tiny.scratch.files(in: "tree") == ["x", "y"])
    for name in ["x/p.png", "y/p.png", "x/p.png"] {
      #expect(try explain("-q \(name) -o some/ --raw raw/ --skip-existing", tiny).status == 0)
    }
    #expect(try tiny.scratch.files(in: "raw") == ["p-2.safetensors", "p.safetensors"])
    let warning = "raw/p.safetensors: replaced; it belonged to another input of that name (--tree keeps folders apart)"
    let result = try explain("-q p.png -o - --raw raw/", tiny)
    #expect(result.status == 0 && result.error == "ttame-lite: \(warning)\n", "\(result.error)")
    let script = """
      for i in x/p.png y/p.png x/deep/p.png p.png; do
        "$0" explain -q $i -o many/ --raw numbers/ --skip-existing --model tiny.safetensors &
      done; wait
      """
    #expect(try Command.run([Command.binary], program: ["/bin/sh", "-c", script], in: tiny.scratch.path).error.isEmpty)
    #expect(try tiny.scratch.files(in: "numbers").count == 4)
  }

  /// A process that is killed between a picture and its line leaves an input that is not answered.
  @Test func picturesWithoutALineAreMadeAgain() throws {
    let tiny = try photographs()
    let arguments = "-q x/p.png x/deep/p.png p.png -o out/ --skip-existing --json-file r.jsonl"
    #expect(try explain(arguments, tiny).status == 0)
    let all = try tiny.scratch.contents()
    let lines = try Command.bytes(of: tiny.scratch / "r.jsonl").split(separator: UInt8(ascii: "\n"))
    try tiny.scratch.write(Array(lines[0] + [UInt8(ascii: "\n")] + lines[1].prefix(100)), to: "r.jsonl")
    let again = try explain(arguments.replacing("-q ", with: ""), tiny)
    #expect(again.status == 0 && again.errorLines.first == "1 of 3 images already exists; skipped", "\(again.error)")
    #expect(try tiny.scratch.files(in: "out") == ["p-2.png", "p-3.png", "p.png"])
    for name in ["out/p.png", "out/p-2.png", "out/p-3.png"] {
      #expect(try tiny.scratch.contents()[name] == all[name], "\(name)")
    }
    let found = try Command.bytes(of: tiny.scratch / "r.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(found.count == 4)
    let inputs = try [0, 2, 3].map { try JSONValue.lines(String(decoding: found[$0], as: UTF8.self))[0]["input"] }
    #expect(inputs == [.string("x/p.png"), .string("x/deep/p.png"), .string("p.png")])
  }

  /// A line that a full disk or a kill has cut takes none of the next run with it.
  @Test func cutLines() throws {
    let tiny = try photographs()
    #expect(try explain("-q x/p.png -o out/ --json-file r.jsonl", tiny).status == 0)
    let line = try Command.bytes(of: tiny.scratch / "r.jsonl")
    try tiny.scratch.write(line + line.prefix(200), to: "r.jsonl")
    #expect(try explain("-q p.png -o out/ --skip-existing --json-file r.jsonl", tiny).status == 0)
    let lines = try Command.bytes(of: tiny.scratch / "r.jsonl").split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 3 && Array(lines[1]) == Array(line.prefix(200)))
    #expect(try JSONValue.lines(String(decoding: lines[2], as: UTF8.self))[0]["input"] == .string("p.png"))
  }

  /// Once more of what is half there: an empty file is what a crash may leave.
  @Test func emptyFilesAreNoPictures() throws {
    let tiny = try photographs()
    try tiny.scratch.makeFolder("out")
    for name in ["out/p.png", "out.png"] { try tiny.scratch.write([], to: name) }
    for name in ["out/", "out.png"] { #expect(try explain("-q x/p.png -o \(name) --skip-existing", tiny).status == 0) }
    for name in ["out/p.png", "out.png"] { #expect(try width(name, tiny) == 20) }
    #expect(try tiny.scratch.files(in: "out") == ["p.png"])
  }

  @Test(arguments: ["", "-o out.jpg", "-o out/ --format jpg", "-o out/ --style panel --top 2"])
  func theSameAgainIsSkipped(_ arguments: String) throws {
    let tiny = try photographs()
    #expect(try explain("-q p.png \(arguments) --skip-existing", tiny).status == 0)
    let again = try explain("p.png \(arguments) --skip-existing", tiny)
    #expect(again.error == "1 of 1 image already exists; skipped\n", "\(again.error)")
  }

  @Test(arguments: [
    ("p.png -o out/ --top 2", "--skip-existing needs one image per input; *"),
    ("p.png --class a --class b", "--skip-existing needs one image per input; *"),
    ("p.png -o -", "--skip-existing needs output files, not standard output; give -o FOLDER/"),
    ("- -o out/", "--skip-existing works with named files, not with standard input.*"),
    ("p.png --json", "--json without -o writes no images; *"),
  ])
  func whatCannotBeSkipped(_ arguments: String, _ message: String) throws {
    let result = try explain("\(arguments) --skip-existing", try photographs())
    #expect(result.status == 64 && matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
  }

  /// A file of somebody else is no picture that is there already.
  @Test func foreignFilesAreNoPictures() throws {
    let tiny = try photographs()
    try tiny.scratch.makeFolder("out")
    try tiny.scratch.write(try TinyStream.frame(.png, 9), to: "out/p.png")
    let result = try explain("-q x/p.png -o out/ --skip-existing", tiny)
    #expect(result.status == 73 && result.error.contains("(use --force to replace it)"), "\(result.error)")
    #expect(try width("out/p.png", tiny) == 9)
  }
}
