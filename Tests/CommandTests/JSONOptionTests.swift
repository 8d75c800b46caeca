import Explain
import Testing

/// `--json` is a flag in every command, and what once was its file is never lost.
@Suite struct JSONOptionTests {
  private static func files() throws -> TinyStream {
    let tiny = try TinyStream()
    for name in ["a.png", "b.png"] { try tiny.scratch.write(try TinyStream.frame(.png, 20), to: name) }
    try tiny.scratch.write(Array("a.png\t0\n".utf8), to: "list.tsv")
    return tiny
  }

  private static func run(_ line: String, _ tiny: TinyStream, input: [UInt8] = []) throws -> Command.Result {
    try Command.run(
      line.split(separator: " ").map(String.init) + ["--model", "tiny.safetensors"], input: input,
      in: tiny.scratch.path)
  }

  /// Lines on standard output, and no picture.
  @Test(arguments: [
    ("explain --json a.png b.png", 2), ("explain a.png b.png --json", 2), ("explain --json *.png", 2),
    ("explain -q --json", 1), ("explain -q --json -", 1), ("classify --json a.png", 1), ("classify --json", 1),
    ("classify --json -", 1), ("explain -q --json-file - a.png", 1), ("classify --json=- a.png", 1),
    ("evaluate --data list.tsv --json", 1), ("bench --only classify --seconds 0 --json", 1),
  ])
  func toStandardOutput(_ line: String, _ count: Int) throws {
    let tiny = try Self.files()
    let before = try tiny.scratch.contents()
    let expanded = line.replacing("*.png", with: "a.png b.png")
    let result = try Self.run(expanded, tiny, input: TinyStream.frame(.png, 20))
    #expect(result.status == 0, "\(result.error)")
    #expect(try JSONValue.lines(result.text).count == count)
    #expect(try tiny.scratch.contents() == before)
  }

  /// The file holds the JSON, and all that is written without the option is written too.
  @Test(arguments: [
    ("explain a.png b.png", 2), ("classify a.png b.png", 2), ("evaluate --data list.tsv", 1),
    ("bench --only classify --seconds 0", 1),
  ])
  func toAFile(_ line: String, _ count: Int) throws {
    for form in ["--json-file r.out", "--json=r.out"] {
      let tiny = try Self.files()
      let result = try Self.run("\(line) \(form)", tiny)
      #expect(result.status == 0, "\(result.error)")
      let text = String(decoding: try Command.bytes(of: tiny.scratch / "r.out"), as: UTF8.self)
      #expect(try JSONValue.lines(text).count == count)
      if line.hasPrefix("explain") {
        #expect(try tiny.scratch.files().contains("b-explained.png"))
      } else {
        #expect(!result.output.isEmpty && !result.text.hasPrefix("{"))
      }
    }
  }

  @Test(arguments: [
    ("explain a.png --json r.jsonl", "--json takes no file: write --json-file r.jsonl"),
    ("explain --json r.jsonl a.png", "--json takes no file: write --json-file r.jsonl"),
    ("explain --json old.json a.png", "--json takes no file: write --json-file old.json"),
    ("explain --json r.txt a.png", "--json takes no file: write --json-file r.txt"),
    ("explain a.png --json old", "--json takes no file: write --json-file old"),
    ("explain a.png --json empty", "--json takes no file: write --json-file empty"),
    ("explain a.png --json list.tsv", "--json takes no file: write --json-file list.tsv"),
    ("explain --json - a.png", "--json takes no value: it writes to standard output; leave out the -"),
    ("explain a.png -o x.png --json -", "--json takes no value: it writes to standard output; leave out the -"),
    ("explain --json folder/r.NDJSON a.png", "--json takes no file: write --json-file folder/r.NDJSON"),
    ("classify --json r.json a.png", "--json takes no file: write --json-file r.json"),
    ("classify --json - a.png", "--json takes no value: it writes to standard output; leave out the -"),
    ("evaluate --data list.tsv --json r", "--json takes no file: write --json-file r"),
    ("bench --json r.json", "--json takes no file: write --json-file r.json"),
    ("bench --json -", "--json takes no value: it writes to standard output; leave out the -"),
    ("explain a.png --json --json-file r", "--json and --json-file: give one of them. (see ttame-lite explain --help)"),
    ("explain a.png --json=", "Missing value for '--json-file'"),
  ])
  func oldFormsSayTheNewOne(_ line: String, _ message: String) throws {
    let tiny = try Self.files()
    for name in ["old.json", "old"] { try tiny.scratch.write(Array("{\"kept\": true}\n".utf8), to: name) }
    try tiny.scratch.write([], to: "empty")
    let before = try tiny.scratch.contents()
    let result = try Self.run(line, tiny)
    #expect(result.status == 64 && result.error.hasPrefix("ttame-lite: \(message)"), "\(result.error)")
    #expect(result.errorLines.count == 1)
    #expect(try tiny.scratch.contents() == before)
  }

  /// A picture that is missing is a picture that is missing.
  @Test(arguments: ["explain --json missing.jpg a.png", "classify --json missing a.png"])
  func missingPictures(_ line: String) throws {
    let result = try Self.run(line, try Self.files())
    #expect(result.status == 66 && result.error.contains(": no such file"), "\(result.error)")
  }

  /// What is there and may be an input is one, whatever its name.
  @Test func inputsWithoutAnEnding() throws {
    let tiny = try Self.files()
    try tiny.scratch.write(try TinyStream.frame(.png, 20), to: "photo")
    try tiny.scratch.write(Array("GIF89a".utf8) + [UInt8](repeating: 1, count: 64), to: "film")
    #expect(try Self.run("explain --json photo", tiny).status == 0)
    #expect(try Self.run("explain --json .", tiny).status == 0)
    let film = try Self.run("explain --json film", tiny)
    #expect(film.status == 65 && film.error.contains("GIF"), "\(film.error)")
  }

  /// The photographs of the issue, by name.
  @Test func noPhotographBecomesJSON() throws {
    let tiny = try Self.files()
    let before = try tiny.scratch.contents()
    for line in ["explain --json a.png a.png", "explain --json a.png b.png", "classify --json a.png b.png"] {
      #expect(try Self.run(line, tiny).status == 0)
      #expect(try tiny.scratch.contents() == before)
    }
  }
}
