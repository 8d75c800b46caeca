import Glibc
import Testing

/// `evaluate --report`.
@Suite struct EvaluationPageTests {
  /// A list of a photograph with an awkward name, and of a file that is none.
  private func list(_ scratch: Scratch) throws -> String {
    try scratch.write(Photos.jpeg("espresso.jpg"), to: "a<b> & 'c'.jpg")
    try scratch.write([1, 2, 3], to: "broken.jpg")
    try scratch.write(Array("a<b> & 'c'.jpg\t967\nbroken.jpg\t1\n".utf8), to: "list.tsv")
    return scratch / "list.tsv"
  }

  @Test(.disabled(if: Command.isEmulated, "takes minutes under emulation")) func pageHasWhatWasMeasured() throws {
    let scratch = try Scratch()
    let arguments = [
      "evaluate", "--json", "--data", try list(scratch), "--metrics", "accuracy,ad,road", "--method", "ttame,centre",
      "--threads", "1",
    ]
    let plain = try JSONValue.lines(try Command.run(arguments).text)[0]
    let result = try Command.run(arguments + ["--report", scratch / "out.html"])
    #expect(result.status == 65 && result.errorLines.count == 1)
    let json = try JSONValue.lines(result.text)[0]
    for i in 0..<2 { #expect(json["methods"][i]["ad"] == plain["methods"][i]["ad"]) }
    #expect(try scratch.files() == ["a<b> & 'c'.jpg", "broken.jpg", "list.tsv", "out.html"])
    let page = String(decoding: try Command.bytes(of: scratch / "out.html"), as: UTF8.self)
    for word in [
      "<!DOCTYPE html>", "a&lt;b&gt; &amp; &#39;c&#39;.jpg", "efficientnet-lite0", "1 thread", "1 unreadable",
      "top-1", "AD 100 ~ ↓", "rank AD 100 ↓", "LeRF % ↑", "% of pixels removed", "milliseconds per map", "espresso, ",
      "Maps by method", "The worst maps", "--method ttame,centre", "</html>\n",
    ] {
      #expect(page.contains(word), "\(word)")
    }
    // Of one photograph, no interval can be made.
    #expect(!page.contains("Differences from ttame"))
    // The photograph and two maps in the gallery, and once more with the first map among the worst.
    #expect(page.ranges(of: "<img ").count == 5 && !page.contains("a<b>"))
    #expect(page.ranges(of: "<polyline ").count == 4 && page.utf8.count < 200_000)
  }

  @Test func whatCannotBeWrittenIsSaidAtOnce() throws {
    let scratch = try Scratch()
    let list = try list(scratch)
    let model = scratch / "model.safetensors"
    #expect(symlink(Command.package + "/weights/efficientnet-lite0.safetensors", model) == 0)
    let cases: [([String], Int32, String)] = [
      (["--metrics", "ad", "--report", scratch / "none/out.html"], 73, "cannot be created"),
      (["--metrics", "ad", "--report", scratch.path], 73, "is a directory"),
      (["--metrics", "ad", "--report", list], 73, "is an input; it is not overwritten"),
      (["--metrics", "ad", "--log", list], 73, "is an input; it is not overwritten"),
      (["--metrics", "ad", "--model", model, "--report", model], 73, "is an input; it is not overwritten"),
      (["--metrics", "ad", "--model", model, "--log", model], 73, "is an input; it is not overwritten"),
      (["--metrics", "ad", "--log", scratch / "broken.jpg"], 73, "is an input"),
      (["--metrics", "ad", "--log", scratch / "o", "--report", scratch / "o"], 64, "name the same file"),
      (["--metrics", "ad", "--report", scratch / "broken.jpg"], 73, "is an input"),
      (["--metrics", "ad", "--report", "-"], 64, "--report needs a file"),
      (["--report", scratch / "out.html"], 64, "add --metrics"),
    ]
    for (arguments, status, message) in cases {
      let result = try Command.run(["evaluate", "--data", list] + arguments)
      #expect(result.status == status && result.error.contains(message), "\(arguments): \(result.error)")
      #expect(result.errorLines.count == 1 && result.output.isEmpty)
    }
    #expect(try scratch.files() == ["a<b> & 'c'.jpg", "broken.jpg", "list.tsv", "model.safetensors"])
  }

  /// The table is worth hours; a page that cannot be written must not take it along.
  @Test(.disabled(if: Command.isEmulated, "takes minutes under emulation")) func fullDiskIsAnError() throws {
    let scratch = try Scratch()
    let result = try Command.run(
      ["evaluate", "--data", try list(scratch), "--metrics", "ad", "--report", "/dev/full"])
    #expect(result.status == 74 && result.error.contains("/dev/full: cannot be written"), "\(result.error)")
    #expect(result.text.contains("AD~(100)"), "\(result.text)")
  }

  @Test func nothingToShowLeavesTheOldPage() throws {
    let scratch = try Scratch()
    try scratch.write([1, 2, 3], to: "broken.jpg")
    try scratch.write(Array("broken.jpg\n".utf8), to: "list.tsv")
    let old = Array("<!DOCTYPE html><meta name=\"generator\" content=\"ttame-lite\" />".utf8)
    try scratch.write(old, to: "out.html")
    let result = try Command.run(
      ["evaluate", "--data", scratch / "list.tsv", "--metrics", "ad", "--report", scratch / "out.html"])
    #expect(result.status == 65 && result.error.contains("not written"), "\(result.error)")
    #expect(try Command.bytes(of: scratch / "out.html") == old)
  }
}
