import Explain
import Glibc
import Testing

/// Folders as inputs: all pictures below, each once, in a fixed order, and nothing left out without a word.
@Suite struct FolderTests {
  private static let omissions =
    "hidden: 2, other extensions: 2, empty: 1, duplicates: 5, broken links: 1, not regular files: 1"

  /// Four pictures, and all that a folder may hold besides.
  private func tree() throws -> TinyStream {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    try scratch.makeFolder("photos/sub/.cache")
    for (index, name) in ["b.PNG", "a.jpg", "sub/c.JFIF", "sub/d.jpe", ".hidden.png", "sub/.cache/e.png"].enumerated() {
      try scratch.write(try TinyStream.frame(.png, 10 + index), to: "photos/" + name)
    }
    try scratch.write([], to: "photos/empty.ppm")
    try scratch.write(Array("no picture".utf8), to: "photos/notes.txt")
    try scratch.write(Array("no picture".utf8), to: "photos/jpg")
    try scratch.link("photos/0-link.jpg", to: "a.jpg")
    try scratch.link("photos/sub/loop", to: "..")
    try scratch.link("photos/sub/self", to: ".")
    try scratch.link("photos/0-sub", to: "sub")
    try scratch.link("photos/broken.png", to: "nowhere")
    #expect(link((scratch / "photos/a.jpg").cPath, (scratch / "photos/hard.jpg").cPath) == 0)
    #expect(mkfifo((scratch / "photos/pipe.png").cPath, 0o600) == 0)
    return tiny
  }

  private static let found = ["photos/a.jpg", "photos/b.PNG", "photos/sub/c.JFIF", "photos/sub/d.jpe"]

  @Test(arguments: ["photos", "photos/", "./photos", "."]) func allPicturesBelow(_ folder: String) throws {
    let tiny = try tree()
    let result = try Command.run(["classify", "--json", folder] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let prefix = folder == "." ? "./" : folder.hasPrefix("./") ? "./" : ""
    #expect(try JSONValue.lines(result.text).map { $0["input"].string ?? "" } == Self.found.map { prefix + $0 })
    let others = folder == "." ? Self.omissions.replacing("extensions: 2", with: "extensions: 3") : Self.omissions
    #expect(result.error == "\(folder): 4 images; skipped: \(others)\n")
  }

  @Test func picturesOfFoldersAreNamedLikeOthers() throws {
    let tiny = try tree()
    try tiny.scratch.makeFolder("more")
    try tiny.scratch.write(try TinyStream.frame(.png, 30), to: "more/a.png")
    let result = try Command.run(
      ["explain", "--fit", "squash", "photos", "more", "-o", "out"] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    #expect(try tiny.scratch.files(in: "out") == ["a-2.png", "a.png", "b.png", "c.png", "d.png"])
    #expect(result.errorLines.count == 6 && result.errorLines.last == "photos: 4 images; skipped: \(Self.omissions)")
  }

  @Test func foldersFilesAndStandardInputKeepTheirOrder() throws {
    let tiny = try tree()
    let result = try Command.run(
      ["classify", "--json", "photos/b.PNG", "photos/sub", "-", "photos/a.jpg"] + tiny.model,
      input: try TinyStream.frame(.png, 40), in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      try JSONValue.lines(result.text).map { $0["input"].string ?? "" }
        == [
          "photos/b.PNG", "photos/sub/c.JFIF", "photos/sub/d.jpe", "photos/sub/loop/a.jpg", "photos/sub/loop/b.PNG",
          "-",
          "photos/a.jpg",
        ])
  }

  @Test func aFolderWithoutPicturesIsAnError() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    try scratch.makeFolder("none/deep")
    try scratch.write([], to: "none/empty.png")
    try scratch.write(try TinyStream.frame(.png, 10), to: "photo.png")
    let endings = ".jfif .jpe .jpeg .jpg .mpo .pam .pbm .pgm .png .pnm .ppm"
    let message = "ttame-lite: none: has no images (\(endings)); skipped: empty: 1\n"
    for command in [["classify"], ["explain", "-q"], ["train", "-o", "out", "--data"], ["evaluate", "--data"]] {
      let result = try Command.run(command + ["none"] + tiny.model, in: scratch.path)
      #expect(result.status == 66 && result.output.isEmpty && result.error == message, "\(result.error)")
    }
    let others = try Command.run(["classify", "-q", "none", "photo.png", "none/deep"] + tiny.model, in: scratch.path)
    #expect(others.status == 66 && others.text.hasPrefix("photo.png\n") && others.errorLines.count == 2)
  }

  /// To root everything is readable, so the program runs as nobody.
  @Test(.enabled(if: access("/usr/bin/setpriv", X_OK) == 0 || getuid() != 0, "root needs setpriv"))
  func unreadableFoldersAreNamedAndLeftOut() throws {
    let tiny = try tree()
    let scratch = tiny.scratch
    for folder in [".", "photos", "photos/sub"] { chmod((scratch / folder).cPath, 0o755) }
    try scratch.makeFolder("photos/locked")
    chmod((scratch / "photos/locked").cPath, 0)
    let nobody = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    let program = nobody + [Command.binary]
    guard try Command.run(["--version"], program: program).status == 0 else { return }  // nobody may not even start it
    let result = try Command.run(["classify", "--json", "photos"] + tiny.model, program: program, in: scratch.path)
    #expect(result.status == 66)
    #expect(try JSONValue.lines(result.text).count == 4)
    #expect(result.errorLines.first == "ttame-lite: photos/locked: permission denied; the folder is skipped")
    let locked = try Command.run(["classify", "photos/locked"] + tiny.model, program: program, in: scratch.path)
    #expect(locked.status == 66 && locked.error == "ttame-lite: photos/locked: permission denied\n")
    let evaluated = try Command.run(
      ["evaluate", "--metrics", "ad", "--data", "photos"] + tiny.model, program: program, in: scratch.path)
    #expect(evaluated.status == 66 && evaluated.text.contains("of 4 images"), "\(evaluated.error)")
  }

  @Test func foldersAreClasses() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    // The model says `d`, class 3, to everything.
    for (index, folder) in ["d/deep", "3", "E", "misc", "."].enumerated() {
      try scratch.makeFolder("data/" + folder)
      try scratch.write(try TinyStream.frame(.png, 10 + index), to: "data/\(folder)/\(index).png")
    }
    let result = try Command.run(["evaluate", "--json", "--data", "data"] + tiny.model, in: scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let metrics = try JSONValue.lines(result.text)[0]["metrics"]
    #expect(metrics["labelled"] == .number(3))
    #expect(metrics["top1"].number.map { abs($0 - 2.0 / 3) < 1e-9 } == true)
    #expect(result.error == "data: 1 image without a class; the model has none called misc\n")
    let both = try Command.run(
      ["evaluate", "--metrics", "accuracy,ad", "--data", "data/"] + tiny.model, in: scratch.path)
    #expect(
      both.text.contains("top-1 66.7 %, top-5 100.0 % of 3 images") && both.text.contains("of 5 images"), "\(both.text)"
    )
    let boxes = try Command.run(["evaluate", "--metrics", "pointing", "--data", "data"] + tiny.model, in: scratch.path)
    #expect(boxes.status == 65 && boxes.error == "ttame-lite: data: is a folder; boxes need a list\n")
    let unknown = try Command.run(["evaluate", "--data", "data/misc"] + tiny.model, in: scratch.path)
    #expect(unknown.status == 65)
    #expect(
      unknown.error
        == "ttame-lite: data/misc: accuracy needs classes, but no folder in it is an index, label or name of one\n"
    )
  }

  /// What a run leaves in the folder is no input of the next one.
  @Test func explanationsOfTheFoldersPicturesAreLeftOut() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    try scratch.makeFolder("photos")
    for (index, name) in ["a.png", "b-explained.png"].enumerated() {
      try scratch.write(try TinyStream.frame(.png, 10 + index), to: "photos/" + name)
    }
    let folder = scratch / "photos"
    for run in 0..<2 {
      let result = try Command.run(["explain", ".", "--top", "2", "--fit", "squash"] + tiny.model, in: folder)
      #expect(result.status == 0, "\(result.error)")
      #expect(
        result.errorLines.count == 2 + run
          && (run == 1) == result.error.contains(".: 2 images; skipped: explanations: 4\n"))
      #expect(try scratch.files(in: "photos").count == 6)
    }
  }

  /// Whatever they are called, in every format, and also without their photographs; named themselves they are answered.
  @Test func explanationsAreKnownByTheirMark() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    try scratch.makeFolder("photos")
    for (index, name) in ["a.jpg", "b.png"].enumerated() {
      try scratch.write(try TinyStream.frame(index == 0 ? .jpeg : .png, 10 + index), to: "photos/" + name)
    }
    func run(_ line: String) throws -> Command.Result {
      try Command.run(line.split(separator: " ").map(String.init) + tiny.model, in: scratch.path)
    }
    let remark = "photos: 2 images; skipped: explanations: "
    #expect(try run("explain photos -o photos/").status == 0)
    let names = ["a.jpg", "a.png", "b-2.png", "b.png"]
    #expect(try scratch.files(in: "photos") == names)
    let again = try run("explain photos -o photos/")
    #expect(again.status == 0 && again.errorLines.last == "\(remark)2", "\(again.error)")
    #expect(try scratch.files(in: "photos") == names)
    for format in ["jpg", "ppm"] { #expect(try run("explain -q photos -o photos/ --format \(format)").status == 0) }
    #expect(
      try scratch.files(in: "photos") == ["a-2.jpg", "a.jpg", "a.png", "a.ppm", "b-2.png", "b.jpg", "b.png", "b.ppm"])
    let train = "train --batch 2 --epochs 1 --init random -o N --data"
    for command in ["classify", "explain -o out/", "evaluate --metrics ad --data", train] {
      let result = try run("\(command) photos")
      #expect(result.status == 0 && result.errorLines.contains("\(remark)6"), "\(command): \(result.error)")
    }
    let alone = try run("classify out")
    #expect(alone.status == 66 && alone.error.hasSuffix("; skipped: explanations: 2\n"), "\(alone.error)")
    let named = try run("classify --json photos/a.png out/a.png")
    #expect(try JSONValue.lines(named.text).count == 2 && named.error.isEmpty, "\(named.error)")
  }

  @Test func trainingSaysWhatItLeavesOut() throws {
    let tiny = try tree()
    try tiny.scratch.makeFolder("held")
    try tiny.scratch.write(try TinyStream.frame(.png, 10), to: "held/a.png")
    try tiny.scratch.write(Array("no picture".utf8), to: "held/b.png")
    let result = try Command.run(
      [
        "train", "--data", "photos", "-o", "out.safetensors", "--batch", "2", "--epochs", "2", "--validation", "held",
        "--init", "random",
      ]
        + tiny.model,
      in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let unmeasured = result.errorLines.filter { $0.contains("held/b.png") }
    #expect(unmeasured.count == 1 && unmeasured[0].hasSuffix("; not measured"), "\(result.error)")
    #expect(result.errorLines.contains("photos: 4 images; skipped: \(Self.omissions)"), "\(result.error)")
  }
}
