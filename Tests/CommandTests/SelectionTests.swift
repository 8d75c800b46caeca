import Explain
import Testing

/// Images that a list names, and parts of all images.
@Suite struct SelectionTests {
  private func folder(_ count: Int) throws -> TinyStream {
    let tiny = try TinyStream()
    try tiny.scratch.makeFolder("photos")
    for number in 0..<count {
      try tiny.scratch.write(try TinyStream.frame(.png, 10 + number), to: "photos/\(number).png")
    }
    return tiny
  }

  private func run(_ tiny: TinyStream, _ arguments: [String], _ input: String = "") throws -> Command.Result {
    try Command.run(arguments + tiny.model, input: Array(input.utf8), in: tiny.scratch.path)
  }

  private func inputs(_ result: Command.Result) throws -> [String] {
    try JSONValue.lines(result.text).map { $0["input"].string ?? "" }
  }

  @Test func namesComeFromAListAndStandardInput() throws {
    let tiny = try folder(3)
    try tiny.scratch.write(Array("photos/2.png\r\n\nphotos/0.png\nnowhere.png".utf8), to: "list.txt")
    let listed = try run(tiny, ["classify", "--json", "photos/1.png", "--files-from", "list.txt"])
    #expect(try inputs(listed) == ["photos/1.png", "photos/2.png", "photos/0.png"])
    #expect(listed.status == 66 && listed.error.contains("nowhere.png: "), "\(listed.error)")
    let piped = try run(tiny, ["classify", "--json", "--files-from", "-"], "photos\n")
    #expect(piped.status == 0)
    #expect(try inputs(piped) == ["photos/0.png", "photos/1.png", "photos/2.png"])
  }

  @Test func namesMayHoldLineEnds() throws {
    let tiny = try folder(1)
    try tiny.scratch.write(try TinyStream.frame(.png, 10), to: "a\nb.png")
    try tiny.scratch.write(try TinyStream.frame(.png, 10), to: "-")
    for order in [["-0", "--files-from", "-"], ["--files-from", "-", "-0"], ["--files-from=-", "--null"]] {
      let result = try run(tiny, ["classify", "--json"] + order, "a\nb.png\0photos/0.png\0-\0")
      #expect(result.status == 0, "\(result.error)")
      #expect(try inputs(result) == ["a\nb.png", "photos/0.png", "./-"])
    }
  }

  @Test func anEmptyListIsNothingToDo() throws {
    let tiny = try folder(1)
    for command in [["classify"], ["classify", "--json"], ["explain"], ["explain", "-o", "out"]] {
      let result = try run(tiny, command + ["--files-from", "-"])
      #expect(result.status == 0 && result.text.isEmpty && result.error.isEmpty, "\(command): \(result.error)")
    }
  }

  @Test func answeredImagesAreNotClassifiedAgain() throws {
    let tiny = try folder(3)
    let arguments = ["classify", "--json-file", "log.jsonl", "--skip-existing"]
    #expect(try run(tiny, arguments + ["photos/1.png"]).status == 0)
    let result = try run(tiny, arguments + ["photos"])
    #expect(
      result.status == 0 && result.errorLines.first == "1 of 3 images already answered; skipped", "\(result.error)")
    let log = String(decoding: try Command.bytes(of: tiny.scratch / "log.jsonl"), as: UTF8.self)
    #expect(
      try JSONValue.lines(log).map { $0["input"].string } == ["photos/1.png", "photos/0.png", "photos/2.png"])
    let again = try run(tiny, arguments + ["photos", "-q"])
    #expect(again.status == 0 && again.text.isEmpty && again.error.isEmpty)
    #expect(
      try run(tiny, ["classify", "--skip-existing", "photos"]).error.contains("--skip-existing needs --json-file."))
    #expect(try run(tiny, arguments + ["-"]).status == 64)
  }

  @Test func partsAreAllImagesOnce() throws {
    let tiny = try folder(12)
    let all = try inputs(try run(tiny, ["classify", "--json", "photos"]))
    #expect(all.count == 12)
    var found: [String] = []
    var parts: [[String]] = []
    for part in 1...3 {
      let result = try run(tiny, ["classify", "--json", "photos", "--shard", "\(part)/3"])
      #expect(result.status == 0)
      parts.append(try inputs(result))
      found += parts[part - 1]
    }
    #expect(found.sorted() == all.sorted() && parts.allSatisfy { $0.count < 12 })
    // Another image moves none.
    try tiny.scratch.write(try TinyStream.frame(.png, 9), to: "photos/00.png")
    for part in 1...3 {
      let now = try inputs(try run(tiny, ["classify", "--json", "photos", "--shard", "\(part)/3"]))
      #expect(now.filter { $0 != "photos/00.png" } == parts[part - 1])
    }
  }

  /// An output may not take the place of an image that another process answers.
  @Test func imagesOfOtherPartsAreSafe() throws {
    let tiny = try folder(2)
    let before = try Command.bytes(of: tiny.scratch / "photos/1.png")
    for part in 1...2 {
      let result = try run(
        tiny, ["explain", "photos/0.png", "photos/1.png", "--shard", "\(part)/2", "--raw", "photos/1.png", "--force"])
      #expect(result.status != 0)
    }
    #expect(try Command.bytes(of: tiny.scratch / "photos/1.png") == before)
    try tiny.scratch.write(Array("photos/0.png\n".utf8), to: "list.txt")
    let list = try run(
      tiny, ["explain", "--files-from", "list.txt", "-o", "out", "--json-file", "list.txt", "--force"])
    #expect(list.status != 0)
    #expect(try Command.bytes(of: tiny.scratch / "list.txt") == Array("photos/0.png\n".utf8))
  }

  @Test func onlyMissingPicturesOfAListAreDrawn() throws {
    let tiny = try folder(2)
    let arguments = ["explain", "--files-from", "-", "-o", "out/", "--skip-existing"]
    #expect(try run(tiny, arguments, "photos/0.png\n").status == 0)
    let second = try run(tiny, arguments, "photos/0.png\nphotos/1.png\n")
    #expect(second.status == 0 && second.error.contains("1 of 2 images already exists; skipped"), "\(second.error)")
    #expect(try tiny.scratch.files(in: "out") == ["0.png", "1.png"])
  }

  @Test(arguments: [
    (["--shard", "0/3"], "--shard"), (["--shard", "4/3"], "--shard"), (["--shard", "1"], "--shard"),
    (["-0"], "-0 needs --files-from"), (["-", "--files-from", "-"], "standard input (-) is given more than once"),
    (["-", "--shard", "1/2"], "--shard divides files"), (["--shard", "1/2"], "--shard divides files"),
    (["--files-from", "nowhere"], "nowhere: "), (["--files-from", "photos/0.png"], "is not a list of names but"),
  ]) func badSelectionsAreNamed(_ arguments: [String], _ message: String) throws {
    let result = try run(try folder(1), ["classify"] + arguments, "photos/0.png")
    #expect(
      result.status == (arguments.last == "nowhere" ? 66 : arguments.last == "photos/0.png" ? 65 : 64)
        && result.error.contains(message), "\(result.error)")
  }

  /// The rule of the parts is fixed: processes of different versions may share one list.
  @Test func partsAreFixed() throws {
    let parts = (0..<8).map { number in
      (1...4).first { Shard(argument: "\($0)/4")?.contains("photos/\(number).jpg") == true }
    }
    let counts = (1...8).map { part in
      (0..<4000).count { Shard(argument: "\(part)/8")?.contains("photos/\($0).jpg") == true }
    }
    #expect(counts.reduce(0, +) == 4000 && counts.allSatisfy { (400...600).contains($0) }, "\(counts)")
    #expect(parts == [2, 1, 2, 1, 2, 2, 3, 3])
  }
}
