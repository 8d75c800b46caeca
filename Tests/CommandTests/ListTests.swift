import Explain
import Testing

/// Lists as editors and spreadsheets write them, and what is no list.
@Suite struct ListTests {
  private func scratch() throws -> TinyStream {
    let tiny = try TinyStream()
    for name in ["a.png", "b.png", "c d.png"] { try tiny.scratch.write(try TinyStream.frame(.png, 10), to: name) }
    return tiny
  }

  /// All say the same: `a` is class 3, `b` class 3 by its label, the third has none.
  @Test(arguments: [
    "a.png\t3\nb.png\td\nc d.png\t-1\n", "\u{FEFF}a.png\t3\nb.png\td\nc d.png\n",
    "a.png\t3\r\nb.png\td\r\nc d.png\t-1\r\n",
    "a.png\t3\rb.png\td\rc d.png\t-1\r", "a.png\t3  \nb.png\t d \t\nc d.png   \n",
    "a.png\t3\n\n# b\nb.png\tD\nc d.png\t-1\n\n  \n\n",
    "\"a.png\"\t\"3\"\n\"b.png\"\t\"d\"\n\"c d.png\"\t\"-1\"\n", "./a.png\t03\n\"b.png\" \td\nc d.png\t",
  ])
  func formsOfOneList(_ text: String) throws {
    let tiny = try scratch()
    try tiny.scratch.write(Array(text.utf8), to: "list.tsv")
    let result = try Command.run(
      ["evaluate", "--json", "--metrics", "accuracy,ad", "--data", "list.tsv"] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    let report = try JSONValue.lines(result.text)[0]
    #expect(report["images"] == .number(3) && report["metrics"]["labelled"] == .number(2))
    #expect(report["metrics"]["top1"] == .number(1))
  }

  @Test(arguments: [
    ("a.png,3\n", "line 1 has a comma in place of a TAB; write PATH<TAB>CLASS"),
    ("# list\na.png\t1\nb.png 3\n", "line 3 has a space in place of a TAB; write PATH<TAB>CLASS"),
    ("\"a.png\";\"3\"\r\n", "line 1 has a semicolon in place of a TAB; write PATH<TAB>CLASS"),
    (
      "a.png\t3\nb.png\tzebra\n",
      "line 2: 'zebra' is not a class of the model, by index, label or name; write PATH<TAB>CLASS"
    ),
    ("a.png\t3\r\rb.png\t5", "line 3: class 5, but the model has classes 0 to 4; -1 means unknown"),
    ("a.png\t3\nb.png\t-2\n", "line 2: class -2, but the model has classes 0 to 4; -1 means unknown"),
    (
      "a.png\t3\n\"b.png\t3\n",
      "line 2 has an unclosed quote; write \"PATH\", with quotes inside it doubled"
    ),
    ("a.png\t3\n\t3\n", "line 2 has no path"),
    (
      "a.png\t3\t1\t2\tx\t4",
      "line 1: '1 2 x 4' is not a box; a box is x0, y0, x1 and y1 in pixels, with x0 < x1 and y0 < y1"
    ),
    ("a.png\u{0}3\n", "is not a list but binary data; a list is UTF-8 text, PATH<TAB>CLASS on each line"),
    (" \n\n", "lists no images"),
  ])
  func mistakesHaveALine(_ text: String, _ message: String) throws {
    let tiny = try scratch()
    try tiny.scratch.write(Array(text.utf8), to: "list.tsv")
    let result = try Command.run(["evaluate", "--data", "list.tsv"] + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 65 && result.error == "ttame-lite: list.tsv: \(message)\n", "\(result.error)")
  }

  @Test(arguments: ["evaluate", "train"]) func otherFilesAreNoLists(_ command: String) throws {
    let tiny = try scratch()
    try tiny.scratch.write(try TinyStream.frame(.jpeg, 40, 40), to: "p.jpg")
    try tiny.scratch.write([0xFF, 0xFE] + "a.png\t3\n".utf8.flatMap { [$0, 0] }, to: "utf16.tsv")
    for (file, kind) in [
      ("a.png", "an image"), ("p.jpg", "an image"), ("tiny.safetensors", "a model or weights file"),
      ("utf16.tsv", "UTF-16 text"),
    ] {
      let result = try Command.run(
        [command, "--data", file] + (command == "train" ? ["-o", "out"] : []) + tiny.model, in: tiny.scratch.path)
      #expect(result.status == 65)
      #expect(
        result.error
          == "ttame-lite: \(file): is not a list but \(kind); a list is UTF-8 text, PATH<TAB>CLASS on each line\n",
        "\(result.error)")
    }
  }

  /// A tiny model sees 8 of the shorter side's 9 pixels: of a picture of 90 x 30 about the 27 in the middle.
  @Test func boxesThatAreNotSeenAreCounted() throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(try TinyStream.frame(.png, 90, 30), to: "wide.png")
    let boxes = ["40\t10\t50\t20", "0\t0\t10\t10", "100\t0\t120\t20", "-9\t-9\t0\t0", "0\t0\t90\t30", "35\t5\t95\t25"]
    try tiny.scratch.write(Array(boxes.map { "wide.png\t3\t\($0)\n" }.joined().utf8), to: "list.tsv")
    let arguments = ["evaluate", "--metrics", "pointing,energy", "--data", "list.tsv"] + tiny.model
    let report = try JSONValue.lines(try Command.run(arguments + ["--json"], in: tiny.scratch.path).text)[0]
    let places = report["boxPlaces"]
    #expect(places["listed"] == .number(6) && places["outsidePicture"] == .number(2), "\(places)")
    #expect(places["outsideCrop"] == .number(1) && places["cut"] == .number(2), "\(places)")
    #expect(report["metrics"]["boxes"] == .number(3))
    let text = try Command.run(arguments, in: tiny.scratch.path).text
    #expect(
      text.contains(
        "of 6 boxes: 2 outside the image, not measured; 1 outside the crop, not measured; 2 cut by an edge\n"),
      "\(text)")
  }

  /// A JPEG that lies on its side, and the same pixels upright: every command sees one picture.
  @Test func turnedPicturesAreUprightEverywhere() throws {
    let tiny = try TinyStream()
    let scratch = tiny.scratch
    let jpeg = try TinyStream.picture(48, 24).encodedJPEG()
    let turned = try Image(decoding: Self.turned(jpeg))
    #expect(turned.width == 24 && turned.height == 48)
    for (folder, bytes) in [("turned", Self.turned(jpeg)), ("upright", try turned.encodedPNG())] {
      try scratch.makeFolder(folder)
      try scratch.write(bytes, to: folder + "/p.jpg")
      // Upright, only this box is seen; lying, it would be outside the picture.
      try scratch.write(Array("p.jpg\t3\t8\t20\t16\t28\nnone.jpg\t3\t0\t0\t8\t8\n".utf8), to: folder + "/list.tsv")
    }
    func both(_ arguments: (String) -> [String], status: Int32 = 0) throws -> [Command.Result] {
      try ["turned", "upright"].map { folder in
        let result = try Command.run(arguments(folder) + tiny.model, in: scratch.path)
        #expect(result.status == status, "\(result.error)")
        return result
      }
    }
    let classified = try both { ["classify", "--json", $0 + "/p.jpg"] }.map { try JSONValue.lines($0.text)[0] }
    #expect(classified[0]["width"] == .number(24) && classified[0]["height"] == .number(48))
    #expect(classified[0]["predictions"] == classified[1]["predictions"])
    _ = try both { ["explain", "-q", $0 + "/p.jpg", "-o", $0 + "/out.png", "--raw", $0 + "/raw.safetensors"] }
    let evaluated = try both(
      { ["evaluate", "--json", "--metrics", "accuracy,ad,energy,pointing", "--data", $0 + "/list.tsv"] }, status: 66
    )
    .map { try JSONValue.lines($0.text)[0] }
    #expect(evaluated[0]["metrics"]["boxes"] == .number(1) && evaluated[0]["boxPlaces"] == evaluated[1]["boxPlaces"])
    for metric in ["ad", "energy", "pointing", "top1"] {
      #expect(
        evaluated[0]["metrics"][metric] == evaluated[1]["metrics"][metric] && evaluated[0]["metrics"][metric] != .null)
    }
    _ = try both {
      [
        "train", "--data", $0, "-o", $0 + "/model.safetensors", "--batch", "1", "--epochs", "1", "--init", "random",
        "--seed", "1",
      ]
    }
    let models = try ["turned", "upright"].map { try Command.bytes(of: scratch / "\($0)/model.safetensors") }
    #expect(models[0] == models[1])
    let raw = try ["turned", "upright"].map { try Safetensors(path: scratch / "\($0)/raw.safetensors") }
    for name in raw[0].entries.keys {
      let (turned, upright) = (try #require(raw[0].bytes(of: name)), try #require(raw[1].bytes(of: name)))
      #expect(turned.elementsEqual(upright), "\(name)")
    }
    let pictures = try ["turned", "upright"].map { try Image(decoding: Command.bytes(of: scratch / "\($0)/out.png")) }
    #expect(pictures[0] == pictures[1])
  }

  /// The JPEG with a tag that says orientation 6: turn it a quarter to the right.
  private static func turned(_ jpeg: [UInt8]) -> [UInt8] {
    let tag: [UInt8] = [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]
    let exif: [UInt8] = Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0] + tag + [0, 0, 0, 0]
    return jpeg.prefix(2) + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + jpeg.dropFirst(2)
  }
}
