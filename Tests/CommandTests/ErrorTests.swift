import Testing

/// What goes wrong, and what the user gets: one line that helps, a status, and nothing on standard output.
@Suite struct ErrorTests {
  private static let text = Array("This is no picture.\n".utf8)

  private func expect(
    _ result: Command.Result, status: Int32, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == status, sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, sourceLocation: sourceLocation)
    #expect(result.error.hasPrefix("ttame-lite: "), sourceLocation: sourceLocation)
    #expect(result.error.contains(message), "\(result.error)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    (["explain", "missing.jpg"], 66, "missing.jpg: no such file"),
    (["explain", "."], 66, ".: is a directory"),
    (["explain", "text.jpg"], 65, "text.jpg: is no picture"),
    (["explain", "empty.png"], 65, "empty.png: is empty"),
    (["explain", "truncated.png"], 65, "truncated.png: PNG ends before"),
    (["explain", "photo.png", "--class", "no such thing"], 64, "class 'no such thing' is unknown"),
    (["explain", "photo.png", "--class", "tenchh"], 64, "did you mean 0 tench?"),
    (["explain", "photo.png", "--class", "retriever"], 64, "give the index"),
    (["explain", "photo.png", "--class", "1000"], 64, "classes 0 to 999"),
    (["explain", "photo.png", "-o", "no/such/folder/out.png"], 73, "no/such/folder/out.png: cannot be created"),
    (["explain", "photo.png", "-o", "photo.png"], 73, "photo.png: is an input"),
    (["explain", "photo.png", "photo.png", "-o", "out.png"], 64, "give a folder"),
    (["explain", "photo.png", "-o", "-", "--json", "-"], 64, "standard output"),
    (["explain", "-", "-"], 64, "more than once"),
    (["explain", "photo.png", "--alpha", "2"], 64, "--alpha"),
    (["explain", "photo.png", "--top", "0"], 64, "--top"),
    (["explain", "photo.png", "--style", "pretty"], 64, "style"),
    (["explain", "photo.png", "--threads", "0"], 64, "--threads"),
    (["explain", "photo.png", "--cpu", "z80"], 64, "cpu"),
    (["explain", "photo.png", "--colour"], 64, "--help"),
    (["explain", "photo.png", "--model", "nothing"], 66, "TTAME_WEIGHTS"),
    (["explain", "photo.png", "--model", "./nothing.safetensors"], 66, "no such model file"),
    (["explain", "photo.png", "--model", "text.jpg"], 65, "text.jpg: not a safetensors file"),
    (["explain", "photo.png", "--raw", "-"], 64, "--raw"),
    (["classify", "missing.jpg"], 66, "missing.jpg: no such file"),
    (["classify", "--json", "text.jpg"], 65, "is no picture"),
    (["import", "missing.safetensors", "-o", "out.safetensors"], 66, "missing.safetensors: no such file"),
    (["import", "text.jpg", "-o", "out.safetensors"], 65, "text.jpg: not a safetensors file"),
    (["evaluate", "--data", "missing.tsv"], 66, "missing.tsv: no such file"),
    (["evaluate", "--data", "unlabelled.tsv"], 65, "no line has a class"),
    (["evaluate", "--data", "wrong.tsv"], 65, "line 1: class 1000"),
    (["info", "nothing"], 66, "nothing: model not found"),
    (["dance"], 64, "dance"),
  ])
  func oneHelpfulLine(_ arguments: [String], _ status: Int, _ message: String) throws {
    let scratch = try Scratch()
    let png = try Photos.small().encodedPNG()
    try scratch.write(Self.text, to: "text.jpg")
    try scratch.write([], to: "empty.png")
    try scratch.write(png, to: "photo.png")
    try scratch.write(Array(png.dropLast(20)), to: "truncated.png")
    try scratch.write(Array("photo.png\n".utf8), to: "unlabelled.tsv")
    try scratch.write(Array("photo.png\t1000\n".utf8), to: "wrong.tsv")
    let before = try scratch.files()
    expect(try Command.run(arguments, in: scratch.path), status: Int32(status), message)
    #expect(try scratch.files() == before)
    #expect(try Command.bytes(of: scratch / "photo.png") == png)
  }

  /// What `info` lists can be asked for, and nothing else.
  @Test func instructionSetsThatTheCPULacksAreRefused() throws {
    let lines = try Command.run(["info"]).text.split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("instruction sets") })
    let words = line.dropFirst("instruction sets".count).split { " ,".contains($0) }.map(String.init)
    let available = words.filter { $0 != "(used)" }
    #expect(words.last == "(used)" && available.first == "reference")
    for name in ["sse4", "avx2", "avxvnni", "avx512vnni", "avx512bf16", "neon", "dotprod", "i8mm"] {
      let result = try Command.run(["classify", "--cpu", name, Photos.cat])
      if available.contains(name) {
        #expect(result.status == 0, "\(name)")
      } else {
        expect(result, status: 64, "--cpu \(name): this CPU has \(available.joined(separator: ", "))")
      }
    }
  }

  @Test func emptyInput() throws {
    expect(try Command.run(["explain"]), status: 66, "standard input: is empty")
    expect(try Command.run(["classify", "-"]), status: 66, "standard input: is empty")
  }

  @Test func textAsInput() throws {
    expect(try Command.run(["explain"], input: Self.text), status: 65, "standard input: is no picture")
  }

  @Test func truncatedInput() throws {
    let png = try Photos.small().encodedPNG()
    expect(try Command.run(["explain"], input: Array(png.dropLast(20))), status: 65, "standard input: PNG ends before")
  }

  @Test func damagedPicturesInAStreamLeaveTheOthers() throws {
    let png = try Photos.small().encodedPNG()
    var damaged = png
    damaged[png.count / 2] ^= 0xFF
    let result = try Command.run(["explain", "--quiet"], input: png + damaged + png)
    #expect(result.status == 65)
    #expect(result.errorLines.count == 1 && result.error.contains("standard input, picture 2: PNG chunk IDAT"))
    #expect(try Photos.split(result.output).count == 2)
  }

  @Test func theRestIsDoneAndTheWorstStatusReturned() throws {
    let scratch = try Scratch()
    try scratch.write(Self.text, to: "text.png")
    try scratch.write(try Photos.small().encodedPNG(), to: "photo.png")
    let inputs = ["text.png", "missing.png", "photo.png"]
    let result = try Command.run(["explain", "--quiet", "-o", "out/"] + inputs, in: scratch.path)
    #expect(result.status == 66)
    #expect(result.errorLines.count == 2)
    #expect(try scratch.files(in: "out") == ["photo.png"])
  }

  @Test func aStreamDoesNotFitOneFile() throws {
    let scratch = try Scratch()
    let png = try Photos.small().encodedPNG()
    let result = try Command.run(["explain", "-q", "-o", "out.png"], input: png + png, in: scratch.path)
    #expect(result.status == 64)
    #expect(result.error.contains("out.png: is one file"))
    #expect(try scratch.files() == ["out.png"])
  }

  @Test func aFullDiskIsReported() throws {
    let result = try Command.run(["explain", "-q", Photos.cat, "-o", "-"], output: "/dev/full")
    #expect(result.status == 74)
    #expect(result.error.contains("standard output: cannot be written"))
  }

  @Test func missingModelsNameWhereTheyWereSought() throws {
    let result = try Command.run(
      ["explain", Photos.cat, "--model", "nothing"], environment: ["TTAME_WEIGHTS": "/no/weights"])
    #expect(result.error.contains("/no/weights, ") && result.error.contains("/share/ttame-lite/weights"))
  }
}
