import Explain
import FoundationEssentials
import Testing

/// Names of files are bytes: whatever they hold, the file is found, the answer is named after it, JSON is valid, and nothing
/// of it reaches a terminal raw.
@Suite struct FileNameTests {
  struct Name: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    /// What messages call it.
    let shown: String

    init(_ bytes: [UInt8], _ shown: String) { (self.bytes, self.shown) = (bytes, shown) }
    init(_ text: String, _ shown: String) { self.init(Array(text.utf8), shown) }

    var path: String { String(pathBytes: bytes) }
    var isUTF8: Bool { String(validating: bytes, as: UTF8.self) != nil }
    var testDescription: String { shown }
  }

  static let names = [
    Name("caf\u{E9}", "caf\u{E9}"), Name("cafe\u{301}", "cafe\u{301}"), Name([0x63, 0xE9], "c\\xE9"),
    Name([0xFF, 0xFE, 0x80], "\\xFF\\xFE\\x80"), Name([0xC3, 0x28], "\\xC3("),
    Name([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"),
    Name([0xE2, 0x82], "\\xE2\\x82"), Name("\u{10FEE9}x", "\\xF4\\x8F\\xBB\\xA9x"),
    Name("two\nlines", "two\\nlines"), Name("tab\tand\rreturn", "tab\\tand\\rreturn"), Name("\r\n", "\\r\\n"),
    Name("\u{1B}[31mred", "\\x1B[31mred"), Name("bell\u{7}", "bell\\x07"), Name("\u{9B}1m", "\\xC2\\x9B1m"),
    Name("a\u{202E}gpj", "a\\xE2\\x80\\xAEgpj"), Name("a\u{2028}b", "a\\xE2\\x80\\xA8b"),
    Name(" leading and trailing ", " leading and trailing "),
    Name("it's \"quoted\" \\ $HOME", "it's \"quoted\" \\ $HOME"),
    Name("\u{301}accent first", "\u{301}accent first"), Name("*?[a]", "*?[a]"), Name(";rm", ";rm"),
    Name("\u{1F408}", "\u{1F408}"),
  ]

  @Test(arguments: names) func anyBytesAreAName(_ name: Name) throws {
    let tiny = try TinyStream()
    let input = name.path + ".png"
    try tiny.scratch.write(try TinyStream.frame(.png, 12), to: input)
    let before = try tiny.scratch.files().map(\.pathBytes)
    let classified = try Command.run(["classify", "--json", input] + tiny.model, in: tiny.scratch.path)
    #expect(classified.status == 0, "\(classified.error)")
    try expectInput(try JSONValue.lines(classified.text), name)
    let named = try Command.run(["classify", input] + tiny.model, in: tiny.scratch.path)
    #expect(named.text.hasPrefix(name.shown + ".png\n"))

    let explained = try Command.run(
      ["explain", "--fit", "squash", input, "-o", "out/"] + tiny.model, in: tiny.scratch.path)
    #expect(explained.status == 0, "\(explained.error)")
    #expect(
      explained.error.hasPrefix(name.shown + ".png: d ") && explained.error.hasSuffix(" -> out/\(name.shown).png\n"))
    #expect(explained.errorLines.count == 1)
    #expect(try tiny.scratch.files(in: "out").map(\.pathBytes) == [input.pathBytes])
    #expect(try Command.run(["explain", "-q", input] + tiny.model, in: tiny.scratch.path).status == 0)
    let beside = name.path + "-explained.png"
    #expect(try Set(tiny.scratch.files().map(\.pathBytes)) == Set(before + [beside.pathBytes, Array("out".utf8)]))
  }

  private func expectInput(_ lines: [JSONValue], _ name: Name, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    let line = try #require(lines.count == 1 ? lines[0] : nil, sourceLocation: sourceLocation)
    if name.isUTF8 {
      let text = String(decoding: name.bytes, as: UTF8.self) + ".png"
      #expect(line["input"].string.map { Array($0.utf8) } == Array(text.utf8), sourceLocation: sourceLocation)
      #expect(line["inputBytes"] == .null, sourceLocation: sourceLocation)
    } else {
      #expect(line["input"] == .string(name.shown + ".png"), sourceLocation: sourceLocation)
      let bytes = line["inputBytes"].string.flatMap { Data(base64Encoded: $0) }
      #expect(bytes.map(Array.init) == name.bytes + Array(".png".utf8), sourceLocation: sourceLocation)
    }
  }

  /// Composed and decomposed letters, and a private-use character beside the byte that it could stand for.
  @Test func namesThatLookAlikeAreKeptApart() throws {
    let tiny = try TinyStream()
    let pairs: [[UInt8]] = [
      Array("caf\u{E9}".utf8), Array("cafe\u{301}".utf8), Array("\u{10FEE9}".utf8), [0xE9], [0xC3, 0xA9],
      Array("\u{212B}".utf8),
      Array("\u{C5}".utf8),
    ]
    let inputs = pairs.map { String(pathBytes: $0) + ".png" }
    for (index, input) in inputs.enumerated() {
      try tiny.scratch.write(try TinyStream.frame(.png, 9 + index), to: input)
    }
    let result = try Command.run(
      ["explain", "-o", "out/", "--quiet"] + inputs + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(try Set(tiny.scratch.files(in: "out").map(\.pathBytes)) == Set(inputs.map(\.pathBytes)))
    for (index, input) in inputs.enumerated() {
      #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "out/\(input)")).width == 9 + index)
    }
  }

  @Test func errorsNameTheFileOnOneLine() throws {
    let scratch = try Scratch()
    for name in Self.names {
      for (command, line) in [
        (["classify", name.path], "\(name.shown): no such file"),
        (["info", "./" + name.path], "./\(name.shown): no such model file"),
        (["evaluate", "--data", name.path], "\(name.shown): no such file"),
        (["import", name.path, "-o", "x"], "\(name.shown): no such file"),
      ] {
        let result = try Command.run(command, in: scratch.path)
        #expect(result.status == 66 && result.error == "ttame-lite: \(line)\n", "\(result.error)")
      }
    }
  }

  /// A name as long as file systems take leaves no room for what our names add.
  @Test func longNamesAreShortened() throws {
    let tiny = try TinyStream()
    let stems = [
      String(repeating: "n", count: 250) + "a", String(repeating: "n", count: 250) + "b",
      String(repeating: "\u{1F408}", count: 62) + "xyz",
      String(repeating: "e\u{301}", count: 83) + "xy", "e" + String(repeating: "\u{301}", count: 125),
      String(repeating: "\u{10FEE9}", count: 62),
    ]
    let inputs = stems.map { String(pathBytes: Array($0.utf8)) + ".png" }
    for input in inputs {
      #expect(input.pathBytes.count >= 251)
      try tiny.scratch.write(try TinyStream.frame(.png, 12), to: input)
    }
    let before = try tiny.scratch.files().map(\.pathBytes)
    let result = try Command.run(["explain", "--quiet", "--top", "2"] + inputs + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    let after = try tiny.scratch.files().map(\.pathBytes)
    #expect(Set(after).isSuperset(of: before) && after.count == before.count + 2 * inputs.count)
    for name in Set(after).subtracting(before) {
      #expect(name.count <= 255)
      // No letter has lost half of its bytes.
      #expect(String(validating: name, as: UTF8.self) != nil)
    }
    let folder = try Command.run(
      ["explain", "--quiet", "-o", "out/", "--raw", "raw/"] + inputs + tiny.model, in: tiny.scratch.path)
    #expect(folder.status == 0 && folder.error.isEmpty, "\(folder.error)")
    #expect(try Set(tiny.scratch.files(in: "out").map(\.pathBytes)) == Set(inputs.map(\.pathBytes)))
    let raw = try tiny.scratch.files(in: "raw").map(\.pathBytes.count)
    #expect(raw.count == inputs.count && raw.allSatisfy { $0 <= 255 })
  }

  @Test func whatCannotBeANameIsNoInput() throws {
    let scratch = try Scratch()
    try scratch.link("a.png", to: "b.png")
    try scratch.link("b.png", to: "a.png")
    for (name, reason) in [
      (String(repeating: "n", count: 256), "File name too long"), ("a.png", "Too many levels of symbolic links"),
    ] {
      for command in [["classify"], ["train", "-o", "x", "--data"], ["import", "-o", "x"]] {
        let result = try Command.run(command + [name], in: scratch.path)
        #expect(
          result.status == 66 && result.error.hasSuffix("\(reason)\n") && result.errorLines.count == 1,
          "\(result.error)")
      }
    }
  }

  @Test func modelsListsAndOutputsMayHaveAnyName() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    let odd = String(pathBytes: [0xE9, 0x0A, 0xFF])
    try scratch.makeFolder(odd)
    try scratch.write(try Command.bytes(of: scratch / "tiny.safetensors"), to: odd + "/m.safetensors")
    let picture = odd + "/" + odd + ".png"
    try scratch.write(try TinyStream.frame(.png, 12), to: picture)
    let line = String(pathBytes: [0xE9, 0xFF]) + ".png"
    try scratch.write(try TinyStream.frame(.png, 12), to: odd + "/" + line)
    try scratch.write(line.pathBytes + Array("\t3\n".utf8), to: odd + "/list.tsv")
    let model = ["--model", odd + "/m.safetensors"]
    let shown = "\\xE9\\n\\xFF"
    for (arguments, output) in [
      (["classify", picture], "\(shown)/\(shown).png\n"), (["info", odd + "/m.safetensors"], "\(shown)/m.safetensors"),
      (["evaluate", "--data", odd + "/list.tsv"], "top-1 100"),
      (
        [
          "evaluate", "--data", odd + "/list.tsv", "--metrics", "ad", "--report", odd + "/page.html", "--log",
          odd + "/log",
        ], "AD"
      ),
      (["explain", picture, "-o", odd + "/x.png", "--raw", odd + "/x.safetensors"], ""),
    ] {
      let result = try Command.run(
        arguments + (arguments[0] == "info" ? [] : model), in: scratch.path,
        environment: ["TTAME_WEIGHTS": scratch / odd])
      #expect(result.status == 0, "\(result.error)")
      #expect(output.isEmpty || result.text.contains(output), "\(result.text)")
      #expect(!(result.text + result.error).contains("\u{FFFD}"))
    }
    let named = try Command.run(["info", "m"], in: scratch.path, environment: ["TTAME_WEIGHTS": scratch / odd])
    #expect(named.status == 0, "\(named.error)")
    let page = String(decoding: try Command.bytes(of: scratch / (odd + "/page.html")), as: UTF8.self)
    #expect(page.contains("$&#39;\(shown)/page.html&#39;") && page.contains("\\xE9\\xFF.png"))
    let log = try JSONValue.lines(String(decoding: Command.bytes(of: scratch / (odd + "/log")), as: UTF8.self))
    #expect(log[0]["input"] == .string("\(shown)/\\xE9\\xFF.png") && log[0]["inputBytes"].string != nil)
    #expect(
      try scratch.files(in: odd).map(\.pathBytes)
        == ["list.tsv", "log", "m.safetensors", "page.html", "x.png", "x.safetensors", odd + ".png", line].map(
          \.pathBytes))
  }
}
