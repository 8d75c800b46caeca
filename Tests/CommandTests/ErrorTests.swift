import Testing

/// What goes wrong in ways that a line of `ExitStatusTests` cannot show.
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

  @Test func missingModelsNameWhereTheyWereSought() throws {
    let result = try Command.run(
      ["explain", Photos.cat, "--model", "nothing"], environment: ["TTAME_WEIGHTS": "/no/weights"])
    #expect(result.error.contains("/no/weights, ") && result.error.contains("/share/ttame-lite/weights"))
  }
}
