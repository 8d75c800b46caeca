import Explain
import Glibc
import Testing

/// Where pictures go.
@Suite struct OutputTests {
  private func scratchWithPhotos(_ names: [String]) throws -> Scratch {
    let scratch = try Scratch()
    let png = try Photos.small().encodedPNG()
    for name in names { try scratch.write(png, to: name) }
    return scratch
  }

  @Test func foldersAreMadeAndNamesKept() throws {
    let scratch = try scratchWithPhotos(["a.png", "b.jpeg", "c"])
    let result = try Command.run(["explain", "-q", "a.png", "b.jpeg", "c", "-o", "x/y/"], in: scratch.path)
    #expect(result.status == 0)
    #expect(try scratch.files(in: "x/y") == ["a.png", "b.png", "c.png"])
  }

  @Test func severalInputsMakeAFolder() throws {
    let scratch = try scratchWithPhotos(["a.png", "b.png"])
    let result = try Command.run(["explain", "-q", "a.png", "b.png", "-o", "out"], in: scratch.path)
    #expect(result.status == 0)
    #expect(try scratch.files(in: "out") == ["a.png", "b.png"])
  }

  @Test func equalNamesGetNumbersAndInputsStay() throws {
    let scratch = try scratchWithPhotos(["a.png", "a.jpg"])
    let before = try Command.bytes(of: scratch / "a.png")
    let result = try Command.run(["explain", "-q", "a.png", "a.jpg", "-o", "."], in: scratch.path)
    #expect(result.status == 0)
    #expect(try scratch.files() == ["a-2.png", "a-3.png", "a.jpg", "a.png"])
    #expect(try Command.bytes(of: scratch / "a.png") == before)
  }

  @Test func framesOfStandardInputAreNumbered() throws {
    let scratch = try Scratch()
    let png = try Photos.small().encodedPNG()
    let result = try Command.run(["explain", "-q", "-o", "out/"], input: png + png, in: scratch.path)
    #expect(result.status == 0)
    #expect(try scratch.files(in: "out") == ["stdin-000001.png", "stdin-000002.png"])
  }

  @Test func severalClassesGiveAPictureEach() throws {
    let scratch = try scratchWithPhotos(["a.png"])
    let classes = ["--class", "golden retriever", "--class", "0"]
    #expect(try Command.run(["explain", "-q", "a.png", "-o", "out.png"] + classes, in: scratch.path).status == 0)
    #expect(try scratch.files() == ["a.png", "out-golden_retriever.png", "out-tench.png"])
    let stream = try Command.run(["explain", "-q", "a.png", "-o", "-"] + classes, in: scratch.path)
    #expect(try Photos.split(stream.output).count == 2)
  }

  @Test func aPanelShowsAllClasses() throws {
    let scratch = try scratchWithPhotos(["a.png"])
    let arguments = ["explain", "-q", "a.png", "--style", "panel", "--top", "2", "--json-file", "r.jsonl"]
    #expect(try Command.run(arguments, in: scratch.path).status == 0)
    #expect(try scratch.files() == ["a-explained.png", "a.png", "r.jsonl"])
    let report = try JSONValue.lines(String(decoding: Command.bytes(of: scratch / "r.jsonl"), as: UTF8.self))
    #expect(report[0]["explanations"][1]["output"] == .string("a-explained.png"))
  }

  @Test func outputsReplaceOlderOnesThroughLinks() throws {
    let scratch = try scratchWithPhotos(["a.png"])
    #expect(
      try Command.run(["explain", "-q", "a.png", "-o", "old.png", "--style", "mask"], in: scratch.path).status == 0)
    let old = try Command.bytes(of: scratch / "old.png")
    #expect(symlink("old.png", scratch / "link.png") == 0)
    #expect(try Command.run(["explain", "-q", "a.png", "-o", "link.png"], in: scratch.path).status == 0)
    #expect(try Image(decoding: Command.bytes(of: scratch / "old.png")).width == 90)
    #expect(try Command.bytes(of: scratch / "old.png") != old)
    #expect(try scratch.files() == ["a.png", "link.png", "old.png"])
  }

  @Test func devicesAreWrittenInPlace() throws {
    let result = try Command.run(["explain", "-q", Photos.cat, "-o", "/dev/null"])
    #expect(result.status == 0)
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func rawHoldsTheNumbers() throws {
    let scratch = try Scratch()
    let arguments = ["--raw", "r.safetensors", "--json", "--top", "2"]
    let result = try Command.run(["explain", "-q", Photos.espresso] + arguments, in: scratch.path)
    #expect(result.status == 0)
    let file = try Safetensors(path: scratch / "r.safetensors")
    let photo = try Image(decoding: Command.bytes(of: Photos.espresso))
    #expect(file.entries["logits"]?.shape == [1000])
    #expect(file.entries["map"]?.shape == [2, 28, 28])
    #expect(file.entries["saliency"]?.shape == [2, photo.height, photo.width])
    #expect(abs(try file.floats("probabilities").reduce(0, +) - 1) < 1e-4)
    let saliency = try file.floats("saliency")
    #expect(saliency.min() == 0 && (0.9...1).contains(saliency.max() ?? 0))
    let map = try file.floats("map")[..<784]
    let described = try #require(try JSONValue.lines(result.text).first)["explanations"][0]["map"]
    #expect(abs(Double(map.max() ?? 0) - (described["max"].number ?? 0)) < 1e-5)
    #expect(abs(Double(map.min() ?? 0) - (described["min"].number ?? 0)) < 1e-5)
  }
}
