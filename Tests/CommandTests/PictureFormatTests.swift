import Explain
import Testing

/// The ending of a name decides the format.
@Suite struct PictureFormatTests {
  private static let png: [UInt8] = [0x89, 0x50]
  private static let jpeg: [UInt8] = [0xFF, 0xD8]

  private func tiny() throws -> TinyStream {
    let tiny = try TinyStream()
    for name in ["a.png", "b.png"] { try tiny.scratch.write(try TinyStream.frame(.png, 24), to: name) }
    try tiny.scratch.write(Array("a.png\nb.png\n".utf8), to: "list.tsv")
    return tiny
  }

  @Test(arguments: [
    ("x.png", "overlay", png), ("x.PNG", "panel", png), ("x", "overlay", png), ("x.jpg", "overlay", jpeg),
    ("x.JPEG", "mask", jpeg), ("x.Jpg", "panel", jpeg), ("x.ppm", "heatmap", Array("P6".utf8)),
    ("x.ppm", "mask", Array("P6".utf8)), ("x.pgm", "mask", Array("P5".utf8)), ("x.pnm", "mask", Array("P5".utf8)),
    ("x.pnm", "masked", Array("P6".utf8)),
  ])
  func endings(_ name: String, _ style: String, _ start: [UInt8]) throws {
    let tiny = try tiny()
    let arguments = ["explain", "-q", "a.png", "-o", name, "--style", style] + tiny.model
    let result = try Command.run(arguments, in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let bytes = try Command.bytes(of: tiny.scratch / name)
    #expect(bytes.starts(with: start))
    #expect(try Image(decoding: bytes).height == 6 || style == "panel")
    #expect(PictureMark(startOfPicture: Array(bytes.prefix(PictureMark.reach)))?.input != nil)
  }

  /// All formats show one picture: without loss the same, a JPEG nearly.
  @Test func formatsShowTheSame() throws {
    let tiny = try tiny()
    func picture(_ name: String) throws -> Image {
      let arguments = ["explain", "-q", Photos.cat, "-o", name] + tiny.model
      #expect(try Command.run(arguments, in: tiny.scratch.path).status == 0)
      return try Image(decoding: Command.bytes(of: tiny.scratch / name))
    }
    let (png, jpeg) = (try picture("x.png"), try picture("x.jpg"))
    #expect(try picture("x.ppm") == png)
    let differences = zip(png.pixels, jpeg.pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.reduce(0, +) < 4 * png.pixels.count)
  }

  @Test(arguments: [
    ("-o x.webp", "-o x.webp: '.webp' is not an output format; use \(PictureFormat.endings)"),
    ("-o x.jpg.", "-o x.jpg.: '.' is not an output format; use \(PictureFormat.endings)"),
    ("-o x.tif --top 2", "-o x.tif: '.tif' is not an output format; *"),
    ("-o x.jpg --format png", "-o x.jpg: the name ends in .jpg, but --format is png; *"),
    ("-o x.pgm", "a PGM is grey, for --style mask; use PPM, PNG or JPEG for colour"),
    ("--format pgm", "a PGM is grey, for --style mask; use PPM, PNG or JPEG for colour"),
    ("--format gif", "The value 'gif' is invalid for '--format <png|jpg|ppm>'*"),
  ])
  func refused(_ line: String, _ message: String) throws {
    let tiny = try tiny()
    let before = try tiny.scratch.files()
    let arguments = ["explain", "a.png"] + line.split(separator: " ").map(String.init) + tiny.model
    let result = try Command.run(arguments, in: tiny.scratch.path)
    #expect(result.status == 64)
    #expect(result.error.hasPrefix("ttame-lite: " + message.prefix { $0 != "*" }), "\(result.error)")
    #expect(try tiny.scratch.files() == before)
  }

  @Test func foldersAndStreamsTakeAFormat() throws {
    let tiny = try tiny()
    let arguments = ["explain", "-q", "a.png", "b.png", "--format", "jpg"] + tiny.model
    #expect(try Command.run(arguments + ["-o", "out/"], in: tiny.scratch.path).status == 0)
    #expect(try tiny.scratch.files(in: "out") == ["a.jpg", "b.jpg"])
    #expect(try Command.run(arguments, in: tiny.scratch.path).status == 0)
    #expect(try Command.bytes(of: tiny.scratch / "a-explained.jpg").starts(with: Self.jpeg))
    #expect(try Command.run(arguments + ["-o", "-"], in: tiny.scratch.path).output.starts(with: Self.jpeg))
  }

  @Test func severalClassesKeepTheEnding() throws {
    let tiny = try tiny()
    let before = try tiny.scratch.files()
    let arguments = ["explain", "-q", "a.png", "-o", "x.JPG", "--top", "2"] + tiny.model
    #expect(try Command.run(arguments, in: tiny.scratch.path).status == 0)
    #expect(Set(try tiny.scratch.files()).subtracting(before) == ["x-a.JPG", "x-d.JPG"])
  }

  /// A name that is no picture's is a folder for several inputs.
  @Test(arguments: ["out", "out.v2"])
  func newNamesOfFolders(_ name: String) throws {
    let tiny = try tiny()
    let arguments = ["explain", "-q", "a.png", "b.png", "-o", name] + tiny.model
    #expect(try Command.run(arguments, in: tiny.scratch.path).status == 0)
    #expect(try tiny.scratch.files(in: name) == ["a.png", "b.png"])
  }

  @Test func curves() throws {
    let tiny = try tiny()
    for (name, start) in [("c.jpg", Self.jpeg), ("c.ppm", Array("P6".utf8)), ("c.png", Self.png)] {
      let arguments = ["train", "--data", "list.tsv", "-o", "N", "--batch", "2", "--epochs", "1", "--curves", name]
      let result = try Command.run(arguments + tiny.model, in: tiny.scratch.path)
      #expect(result.status == 0, "\(result.error)")
      #expect(try Command.bytes(of: tiny.scratch / name).starts(with: start))
    }
  }
}
