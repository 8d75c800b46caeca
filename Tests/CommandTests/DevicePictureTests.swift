import Explain
import Glibc
import Testing

/// What real cameras and phones send, through a pipe as by name.
@Suite struct DevicePictureTests {
  private static let shared =
    "/" + Command.package.split(separator: "/").dropLast().joined(separator: "/") + "/shared/pictures"
  private static let isPresent = (try? Command.bytes(of: shared + "/cat.jpg")) != nil

  /// A file, the answers by standard input, and by name.
  struct Row: Sendable, CustomTestStringConvertible {
    let file: String
    let frames: Int
    var testDescription: String { file }
  }

  @Test(
    .enabled(if: isPresent, "../shared with the pictures of devices is not here"),
    arguments: [
      Row(file: "cat.jpg", frames: 1), Row(file: "mpo.jpg", frames: 1), Row(file: "motion.jpg", frames: 1),
      Row(file: "two-eoi.mjpg", frames: 2), Row(file: "multipart.mjpg", frames: 2), Row(file: "no-eoi.mjpg", frames: 4),
    ])
  func sharedPicturesAreAnswered(_ row: Row) throws {
    let tiny = try TinyStream()
    let bytes = try Command.bytes(of: "\(Self.shared)/\(row.file)")
    let piped = try Command.run(["classify", "--json"] + tiny.model, input: bytes)
    #expect(piped.status == 0 && piped.error.isEmpty, "\(piped.error)")
    #expect(try TinyStream.frames(piped.text).count == row.frames)
    // By name the first picture is answered.
    let named = try Command.run(["classify", "--json", "\(Self.shared)/\(row.file)"] + tiny.model)
    #expect(named.status == 0 && named.error.isEmpty, "\(named.error)")
    let lines = try JSONValue.lines(named.text)
    #expect(lines.count == 1)
    #expect(try lines[0]["predictions"] == JSONValue.lines(piped.text)[0]["predictions"])
  }

  /// A film by name is its first picture, in every command; people are told of the others.
  @Test(arguments: ["film.avi", "body.mjpg", "row.mjpg"]) func filmsByName(_ name: String) throws {
    let tiny = try TinyStream()
    let frames = try [30, 20].map { try TinyStream.frame(.jpeg, $0) }
    let bytes: [UInt8] =
      switch name {
      case "film.avi": Self.avi(frames)
      case "body.mjpg": frames.flatMap { Array("\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n".utf8) + $0 }
      default: frames.flatMap { $0 + [0xFF, 0xD9, 0] }
      }
    try tiny.scratch.write(bytes, to: name)
    try tiny.scratch.write(Array("\(name)\t3\n".utf8), to: "list.tsv")
    func run(_ arguments: [String], input: [UInt8] = []) throws -> Command.Result {
      let result = try Command.run(arguments + tiny.model, input: input, in: tiny.scratch.path)
      #expect(result.status == 0, "\(result.error)")
      return result
    }
    let hint =
      "ttame-lite: hint: \(name): only its first image is processed; for all, read standard input: < \(name)\n"
    #expect(try run(["classify", name]).error.contains(hint))
    #expect(try run(["explain", name, "-o", "out.png"]).error.contains(hint))
    #expect(try run(["explain", name, "-q", "-o", "out.png"]).error.isEmpty)
    #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "out.png")).width == 30)
    let quiet = try run(["classify", "--json", name])
    #expect(try JSONValue.lines(quiet.text).allSatisfy { $0["width"].number == 30 } && quiet.error.isEmpty)
    #expect(try run(["evaluate", "--data", "list.tsv"]).text.contains("of 1 image"))
    _ = try run(["train", "--data", "list.tsv", "-o", "m", "--batch", "1", "--epochs", "1", "--init", "random"])
    #expect(try TinyStream.frames(run(["classify", "--json"], input: bytes).text) == [[30, 1], [20, 2]])
    try tiny.scratch.write(name == "film.avi" ? Self.avi([frames[0]]) : bytes.dropLast(frames[1].count), to: "one")
    #expect(try name == "row.mjpg" || !run(["classify", "one"]).error.contains("its first image"))
  }

  private static func avi(_ frames: [[UInt8]]) -> [UInt8] {
    func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
      let length = (0..<4).map { UInt8(truncatingIfNeeded: data.count >> (8 * $0)) }
      return Array(kind.utf8) + length + data + (data.count % 2 == 1 ? [0] : [])
    }
    let film = chunk("LIST", Array("movi".utf8) + frames.flatMap { chunk("00dc", $0) })
    return chunk("RIFF", Array("AVI ".utf8) + film)
  }

  /// A file of another kind is named, and no picture in it is answered; the stream goes on where its end is known.
  @Test func picturesInOtherFilesAreNotAnswered() throws {
    let tiny = try TinyStream()
    let (inner, next) = (try TinyStream.frame(.jpeg, 20), try TinyStream.frame(.jpeg, 30))
    func box(_ kind: String, _ data: [UInt8]) -> [UInt8] {
      [0, 0, UInt8((data.count + 8) >> 8), UInt8((data.count + 8) & 255)] + Array(kind.utf8) + data
    }
    let heic = box("ftyp", Array("heic\0\0\0\0mif1heic".utf8)) + box("meta", inner) + box("mdat", inner)
    let movie = box("wide", []) + box("mdat", inner) + box("moov", inner)
    let png = try TinyStream.frame(.png, 10)
    for (name, bytes, behind) in [
      ("PDF", Array("%PDF-1.4\n1 0 obj\n".utf8) + inner, [[Int]]()),
      ("a camera's raw file", [0x49, 0x49, 42, 0, 16, 0, 0, 0, 0x43, 0x52, 2, 0] + inner, []),
      ("TIFF", [0x4D, 0x4D, 0, 42, 0, 0, 0, 8] + inner, []),
      ("an archive (zip)", Array("PK\u{3}\u{4}".utf8) + inner, []),
      ("HEIC", heic, [[30, 1]]), ("a video (MP4)", movie, [[30, 1]]),
      // A box of an unknown kind may be of any length.
      ("a video (MP4)", movie + box("zzzz", inner), []),
      ("GIF", Array("GIF89a".utf8), [[30, 1]]),
    ] as [(String, [UInt8], [[Int]])] {
      for first in [[], png] as [[UInt8]] where first.isEmpty || name != "a video (MP4)" {
        let result = try Command.run(["classify", "--json"] + tiny.model, input: first + bytes + next)
        let shift = first.isEmpty ? 0 : 1
        #expect(result.status == 65, "\(name)")
        #expect(
          try TinyStream.frames(result.text) == (shift > 0 ? [[10, 1]] : []) + behind.map { [$0[0], $0[1] + shift] },
          "\(name): \(result.text)")
        let place = shift > 0 ? "standard input, after image 1" : "standard input"
        #expect(
          result.errorLines.count == 1
            && result.error.hasPrefix("ttame-lite: \(place): is \(name), which cannot be read"),
          "\(result.error)")
        let isClosed = behind.isEmpty && !bytes.starts(with: movie)
        #expect(result.error.contains("; the rest is ignored\n") == isClosed, "\(result.error)")
      }
    }
    // Behind a JPEG a film is a motion photograph's, and a HEIC is not.
    let behind = try Command.run(["classify", "--json"] + tiny.model, input: next + heic + next + movie + next)
    #expect(behind.status == 65 && behind.error.contains("after image 1: is HEIC"), "\(behind.error)")
    #expect(try TinyStream.frames(behind.text) == [[30, 1], [30, 2], [30, 3]])
  }

  @Test func framingIsNoErrorAndVerboseCountsIt() throws {
    let tiny = try TinyStream()
    let frame = try TinyStream.frame(.jpeg, 20)
    let part = Array("--b\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
    let film: [UInt8] =
      [0, 0, 0, 12] + Array("ftypmp42".utf8) + [0, 0, 0, 14] + Array("mdat".utf8) + [0xFF, 0xD8, 0xFF, 0xE0, 0, 2]
    let input = part + frame + [13, 10] + part + frame.dropLast(2) + [13, 10] + part + frame + [0xFF, 0xD9] + film
    for (arguments, error) in [
      ([], ""),
      (
        ["--verbose"],
        "standard input, besides images: 9 bytes of padding, 1 extra end marker, 6 lines of HTTP headers, "
          + "1 video of motion photos, 1 JPEG without an end marker\n"
      ),
    ] as [([String], String)] {
      let result = try Command.run(["classify", "--json"] + arguments + tiny.model, input: input)
      #expect(result.status == 0 && result.error == error, "\(result.error)")
      #expect(try TinyStream.frames(result.text) == [[20, 1], [20, 2], [20, 3]])
    }
    let plain = try Command.run(["explain", "-q", "--verbose"] + tiny.model, input: frame)
    #expect(plain.status == 0 && plain.error == "standard input, besides images: nothing\n")
  }

  @Test(.enabled(if: isPresent, "../shared with the pictures of devices is not here"))
  func sharedPicturesAreReadAsTheirFilesSay() throws {
    let tiny = try TinyStream()
    let png = try Command.bytes(of: "\(Self.shared)/exif-orientation-6.png")
    let (width, height) = (Int(png[18]) << 8 + Int(png[19]), Int(png[22]) << 8 + Int(png[23]))
    for arguments in [["classify", "--json"], ["explain", "-q", "--json"]] {
      let result = try Command.run(arguments + tiny.model, input: png)
      let line = try #require(JSONValue.lines(result.text).first)
      #expect(line["width"].number == Double(height) && line["height"].number == Double(width))
    }
    let commented = try Image(decoding: Command.bytes(of: "\(Self.shared)/comment-after-maxval.ppm"))
    #expect(try commented == Image(decoding: Command.bytes(of: "\(Self.shared)/comment-reference.ppm")))
  }

  /// A JPEG beyond the limit is read smaller, by all commands alike; others are refused, and the option is named.
  @Test func largePictures() throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(TinyStream.frame(.jpeg, 300, 200), to: "large.jpg")
    try tiny.scratch.write(TinyStream.frame(.png, 300, 200), to: "large.png")
    let limit = ["--max-pixels", "20k"] + tiny.model
    let files = ["large.png", "large.jpg"]
    let folder = tiny.scratch.path
    let message =
      "ttame-lite: large.png: image is 300 x 200 pixels; at most 20480 in total; --max-pixels N raises the limit\n"
    let classified = try Command.run(["classify", "--json"] + limit + files, in: folder)
    #expect(classified.status == 65 && classified.error == message)
    let explained = try Command.run(
      ["explain", "--json-file", "lines", "-o", "out.png", "large.jpg"] + limit, in: folder)
    #expect(
      explained.status == 0 && explained.error.hasPrefix("large.jpg (read at 1/2: 150 x 100): "), "\(explained.error)")
    let lines = [
      classified.text, String(decoding: try Command.bytes(of: tiny.scratch / "lines"), as: UTF8.self),
      try Command.run(["classify", "--json"] + limit, input: Command.bytes(of: tiny.scratch / "large.jpg")).text,
    ]
    for text in lines {
      let line = try #require(JSONValue.lines(text).last)
      #expect(line["width"].number == 150 && line["height"].number == 100 && line["scaled"].number == 2)
      #expect(try line["predictions"] == JSONValue.lines(lines[0]).last?["predictions"])
    }
    #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "out.png")).width == 150)
    let whole = try Command.run(["classify", "--json", "--max-pixels", "60000", "large.jpg"] + tiny.model, in: folder)
    #expect(whole.status == 0 && !whole.text.contains("scaled"))
    for wrong in ["0", "-1", "x", "5T", "1.5M", ""] {
      let result = try Command.run(["classify", "--max-pixels=\(wrong)", "large.jpg"] + tiny.model, in: folder)
      #expect(result.status == 64 && result.errorLines.count == 1, "\(wrong): \(result.error)")
    }
  }

  /// 12 bits in 16 are named, and stretched on demand.
  @Test func faintPictures() throws {
    let tiny = try TinyStream()
    let faint = Array("P5 8 8 65535\n".utf8) + (0..<64).flatMap { [UInt8($0 / 4), UInt8(truncatingIfNeeded: $0 * 5)] }
    let bright = Array("P5 8 8 4095\n".utf8) + faint.suffix(128)
    try tiny.scratch.write(faint, to: "faint.pgm")
    try tiny.scratch.write(bright, to: "bright.pgm")
    func run(_ arguments: [String], input: [UInt8] = []) throws -> Command.Result {
      try Command.run(["classify", "--json"] + arguments + tiny.model, input: input, in: tiny.scratch.path)
    }
    let reason = "its largest sample is 3899 of 65535, nearly black; --stretch makes 4095 white\n"
    let warned = try run(["faint.pgm", "bright.pgm"])
    #expect(warned.status == 0 && warned.error == "ttame-lite: faint.pgm: " + reason, "\(warned.error)")
    // Frames are alike: one warning.
    #expect(try run([], input: faint + faint + faint).error == "ttame-lite: standard input: " + reason)
    let stretched = try run(["--stretch", "faint.pgm", "bright.pgm"])
    #expect(stretched.status == 0 && stretched.error.isEmpty)
    let lines = try JSONValue.lines(stretched.text)
    #expect(lines.count == 2 && lines[0]["predictions"] == lines[1]["predictions"])
  }

  /// One picture that is too large for the memory is one line; the others are answered.
  @Test(.disabled(if: Command.isEmulated || Command.isSanitized, "an emulator's or sanitizer's own memory counts too"))
  func aPictureTooLargeForTheMemoryIsOneLine() throws {
    let tiny = try TinyStream()
    let large = Image(width: 6000, height: 4000, pixels: [UInt8](repeating: 90, count: 72_000_000))
    try tiny.scratch.write(large.encodedJPEG(), to: "large.jpg")
    try tiny.scratch.write(TinyStream.frame(.jpeg, 30), to: "small.jpg")
    let limited = ["/bin/sh", "-c", "ulimit -v 90000 && exec \"$@\"", "sh", Command.binary]
    let files = ["small.jpg", "large.jpg", "small.jpg"].map { tiny.scratch / $0 }
    let result = try Command.run(["classify", "--json", "--threads", "2"] + files + tiny.model, program: limited)
    #expect(result.status == 71)
    let reason = "needs 72 MB more memory than is available; --max-pixels N reads it smaller\n"
    #expect(result.error == "ttame-lite: \(tiny.scratch / "large.jpg"): " + reason, "\(result.error)")
    #expect(try JSONValue.lines(result.text).map { $0["width"].number } == [30, 30])
    let smaller = try Command.run(
      ["classify", "--json", "--threads", "2", "--max-pixels", "8M"] + files + tiny.model, program: limited)
    #expect(smaller.status == 0 && smaller.error.isEmpty, "\(smaller.error)")
  }

  /// So is one that can be decoded but not drawn, whatever the style; and where there is memory for one, many are answered.
  @Test(
    .disabled(if: Command.isEmulated || Command.isSanitized, "an emulator's or sanitizer's own memory counts too"),
    arguments: [
      (["--style", "overlay"], 73), (["--style", "masked", "--format", "jpg"], 73), (["--style", "heatmap"], 73),
      (["--style", "mask", "--format", "ppm"], 85), (["--top", "2"], 109),
      (["--top", "2", "--style", "panel", "--raw", "raw/"], 133),
    ])
  func aPictureTooLargeToBeDrawnIsOneLine(_ arguments: [String], megabytes: Int) throws {
    let tiny = try TinyStream()
    let large = Image(width: 4000, height: 3000, pixels: [UInt8](repeating: 90, count: 36_000_000))
    try tiny.scratch.write(large.encodedPNG(), to: "large.png")
    try tiny.scratch.write(TinyStream.frame(.jpeg, 30), to: "small.jpg")
    mkdir(tiny.scratch / "more", 0o700)
    try tiny.scratch.write(large.encodedJPEG(), to: "more/large.jpg")
    func run(_ kilobytes: Int, _ files: [String]) throws -> Command.Result {
      let limited = ["/bin/sh", "-c", "ulimit -v \(kilobytes) && exec \"$@\"", "sh", Command.binary]
      return try Command.run(
        ["explain", "--threads", "2", "-q", "-o", "out/"] + arguments + files + tiny.model, program: limited,
        in: tiny.scratch.path)
    }
    let refused = try run(70_000, ["small.jpg", "large.png", "large.png", "small.jpg"])
    #expect(refused.status == 71)
    let reason = "needs \(megabytes) MB more memory than is available\n"
    #expect(refused.error == String(repeating: "ttame-lite: large.png: " + reason, count: 2), "\(refused.error)")
    let drawn = try tiny.scratch.files(in: "out").filter { $0.hasPrefix("small") }
    #expect(drawn.count == (arguments.contains("panel") || !arguments.contains("--top") ? 2 : 4), "\(drawn)")
    let answered = try run(90_000 + megabytes * 1000, ["large.png", "more/large.jpg", "large.png"])
    #expect(answered.status == 0 && answered.error.isEmpty, "\(answered.error)")
  }
}
