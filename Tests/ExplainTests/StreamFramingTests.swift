import Explain
import Testing

/// What cameras and phones put between, around and behind pictures: skipped without a word, and counted.
@Suite struct StreamFramingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    /// What comes in front of all, in front of each picture, behind each, and at the end.
    var start: [UInt8] = []
    var before: [UInt8] = []
    var after: [UInt8] = []
    var end: [UInt8] = []
    /// What is counted for three pictures.
    let fillers: [StreamFiller: Int]

    var testDescription: String { name }
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static func little(_ number: Int) -> [UInt8] { be32(number).reversed() }
  private static func box(_ kind: String, _ contents: [UInt8]) -> [UInt8] {
    be32(contents.count + 8) + text(kind) + contents
  }

  /// A film that holds the beginning of a JPEG, and a whole one.
  private static func film() throws -> [UInt8] {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let data = noise(400) + jpeg + [0xFF, 0xD8, 0xFF, 0xE0]
    return box("ftyp", text("mp42") + [0, 0, 0, 0] + text("isom")) + box("mdat", data) + box("moov", noise(30))
      + [0, 0, 0, 1] + text("uuid") + be32(0) + be32(20) + noise(4)
  }

  private static func samsung() throws -> [UInt8] {
    func block(_ number: UInt8, _ name: String, _ data: [UInt8]) -> [UInt8] {
      [0, 0, number, 0x0A] + little(name.utf8.count) + text(name) + data
    }
    return try block(1, "Image_UTC_Data", text("1700000000000")) + text("SEFH") + little(106) + noise(24) + little(36)
      + text("SEFT") + block(0x30, "MotionPhoto_Data", film()) + text("SEFH") + little(106) + text("SEFT")
  }

  private static let part = text(
    "\r\n--frame\r\nContent-Type: image/jpeg\r\nX-Timestamp: 1.5\r\nContent-Length: 99\r\n\r\n")

  private static func rows() throws -> [Row] {
    [
      Row(name: "two ends", after: [0xFF, 0xD9], fillers: [.endMarkers: 3]),
      Row(
        name: "three ends and fill", after: [0xFF, 0xD9, 0xFF, 0xFF, 0xFF, 0xD9],
        fillers: [.endMarkers: 6, .padding: 6]),
      Row(name: "zeros", after: [UInt8](repeating: 0, count: 5000), fillers: [.padding: 15000]),
      Row(name: "fill bytes", after: [0xFF, 0xFF, 0xFF], fillers: [.padding: 9]),
      Row(name: "multipart", before: part, end: text("\r\n--frame--\r\n"), fillers: [.headerLines: 13, .padding: 14]),
      Row(
        name: "multipart as a server sends it", start: text("HTTP/1.0 200 OK\r\nServer: cam\r\n\r\n"), before: part,
        fillers: [.headerLines: 14, .padding: 14]),
      Row(
        name: "no boundary", before: text("content-type: image/jpeg\r\nContent-Length: 7\r\n\r\n"),
        fillers: [.headerLines: 6, .padding: 6]),
      Row(name: "cut boundary", end: text("\r\n--fra"), fillers: [.headerLines: 1, .padding: 2]),
      Row(name: "film", after: try film(), fillers: [.films: 3]),
      Row(name: "padded film", after: try [0, 0, 0, 0, 0] + film(), fillers: [.films: 3, .padding: 15]),
      Row(name: "cut film", end: try film().dropLast(100), fillers: [.films: 1]),
      Row(name: "film to the end", end: [0, 0, 0, 0] + text("mdat") + noise(99), fillers: [.films: 1]),
      Row(name: "Samsung's trailer", after: try samsung(), fillers: [.films: 3]),
    ]
  }

  private func read(_ bytes: [UInt8], step: Int) throws -> (pictures: [[UInt8]], fillers: [StreamFiller: Int]) {
    var reader = ImageStreamReader(read: ByteSource(bytes, step: step).read)
    var pictures: [[UInt8]] = []
    while let picture = try reader.next() { pictures.append(picture) }
    return (pictures, reader.fillers)
  }

  @Test(arguments: [1, 2, 3, 100, 1 << 20])
  func framingIsSkippedAndCounted(step: Int) throws {
    let pictures = try ["jpeg-420", "jpeg-progressive", "jpeg-restart"].map { try Fixture.bytes("images/\($0).jpg") }
    for row in try Self.rows() {
      let stream = row.start + pictures.flatMap { row.before + $0 + row.after } + row.end
      let result = try read(stream, step: step)
      #expect(result.pictures == pictures, "\(row.name)")
      #expect(result.fillers == row.fillers, "\(row.name)")
    }
  }

  private static func avi(_ frames: [[UInt8]]) -> [UInt8] {
    func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
      text(kind) + little(data.count) + data + (data.count % 2 == 1 ? [7] : [])
    }
    func list(_ kind: String, _ data: [UInt8]) -> [UInt8] { chunk("LIST", text(kind) + data) }
    let film = frames.flatMap { frame in
      // Sound that looks like a picture; a frame that was dropped; a frame with bytes behind its end.
      chunk("01wb", [0xFF, 0xD8, 0xFF, 0xE0, 0, 2, 0xFF]) + chunk("00dc", []) + chunk("00dc", frame + [1, 2, 3])
    }
    let contents = list("hdrl", noise(100)) + chunk("JUNK", noise(31)) + list("movi", film) + chunk("idx1", noise(64))
    return text("RIFF") + little(contents.count + 4) + text("AVI ") + contents
  }

  /// Found by fuzzing: two zeros and a third byte are padding and garbage, whatever the next bytes would make of them.
  @Test func aFalseFilmDoesNotDependOnHowItsBytesArrive() throws {
    let stream: [UInt8] = [0, 0, 0xF7, 0xFF] + Self.text("mdat") + [0, 0x47, 0x0A, 0]
    for step in [1, 2, 3, 5, 100] {
      #expect(throws: ImageError.unrecognized) { try read(stream, step: step) }
    }
  }

  @Test(arguments: [1, 3, 100, 1 << 20])
  func framesOfAVI(step: Int) throws {
    let frames = try ["jpeg-420", "jpeg-restart"].map { try Fixture.bytes("images/\($0).jpg") }
    let result = try read(Self.avi(frames), step: step)
    #expect(result.pictures == frames)
    #expect(result.fillers[.chunks] == 11)
    // From the midst of a film.
    let bare = frames.flatMap { Self.text("00dc") + Self.little($0.count) + $0 }
    #expect(try read(bare, step: step).pictures == frames)
    let sound = Self.text("01wb") + Self.little(4) + [0xFF, 0xD8, 0xFF, 0xE0]
    #expect(try read(sound + bare + sound, step: step).pictures == frames)
  }

  @Test(arguments: [1, 2, 100, 1 << 20])
  func framesWithoutEnd(step: Int) throws {
    let jpegs = try ["jpeg-420", "jpeg-restart"].map { try Fixture.bytes("images/\($0).jpg") }
    let open = jpegs.map { Array($0.dropLast(2)) }
    for between in [[], [0xFF, 0xFF], Self.part, Self.text("00dc") + [1, 2, 3, 0], [0, 0, 0, 0]] {
      let result = try read(open[0] + between + open[1] + between + open[0], step: step)
      #expect(result.pictures.count == 3 && result.fillers[.openEnds] == 3)
      #expect(try result.pictures.map { try Image(decoding: $0) } == [0, 1, 0].map { try Image(decoding: jpegs[$0]) })
    }
    // The next one may be of another format.
    let png = try Fixture.bytes("images/jpeg-420.png")
    let pnm = Array("P5 2 2 255\n1234".utf8)
    #expect(try read(pnm + open[0] + png + open[1] + pnm, step: step).pictures == [pnm, open[0], png, open[1], pnm])
    // As a file.
    #expect(try Image(decoding: open[0]) == Image(decoding: jpegs[0]))
    #expect(try Image(decoding: open[0] + open[1]) == Image(decoding: jpegs[0]))
  }

  @Test func framesWithoutEndThatAreCutAreReported() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let cut = Array(jpeg.dropLast(40))
    let pictures = try read(cut + Self.part + jpeg, step: 100).pictures
    #expect(pictures.count == 2 && pictures[1] == jpeg)
    #expect(decodingError(pictures[0]) == .truncated(.jpeg))
    // Progressive data do not tell whether the last scans are missing.
    let progressive = try Fixture.bytes("images/jpeg-progressive.jpg")
    #expect(decodingError(progressive.dropLast(2)) == .truncated(.jpeg))
  }

  /// Two JPEGs of one file, as an index in the first says.
  static func multiPicture(_ first: [UInt8], _ second: [UInt8], gap: Int = 0) -> [UInt8] {
    let segment = { (length: Int, offset: Int) in
      JPEGBytes.segment(
        0xE2,
        text("MPF") + [0] + [0x4D, 0x4D, 0, 42] + be32(8) + [0, 2] + [0xB0, 1, 0, 4] + be32(1) + be32(2)
          + [0xB0, 2, 0, 7] + be32(32) + be32(38) + be32(0) + be32(0x30000) + be32(first.count) + be32(0) + be32(0)
          + be32(0) + be32(length) + be32(offset) + be32(0))
    }
    // Offsets count from the index, 8 bytes behind the segment's beginning, which is at 2.
    let count = first.count + segment(0, 0).count
    let index = segment(second.count, count + gap - 10)
    return Array(first[..<2]) + index + Array(first[2...]) + [UInt8](repeating: 0, count: gap) + second
  }

  @Test(arguments: [1, 3, 100, 1 << 20])
  func picturesInPicturesAreNotAnswered(step: Int) throws {
    let first = try Fixture.bytes("images/jpeg-420.jpg")
    let second = try Fixture.bytes("images/jpeg-restart.jpg")
    for gap in [0, 3, 500] {
      let file = Self.multiPicture(first, second, gap: gap)
      let whole = Array(file[..<(file.count - second.count - gap)])
      #expect(try Image(decoding: file) == Image(decoding: first))
      let result = try read(file + first + file + second, step: step)
      // The one at the end follows a file that has its own, and is a picture of its own.
      #expect(result.pictures == [whole, first, whole, second])
      #expect(result.fillers[.embeddedPictures] == 2)
      // Padded to the length that the index says.
      let padded = Self.multiPicture(first, second + [0, 0, 0], gap: gap)
      #expect(try read(padded + first, step: step).pictures == [Array(padded[..<whole.count]), first])
      // With a film behind both.
      #expect(try read(file + Self.film() + first, step: step).pictures == [whole, first])
      // Stripped of the second one, the index leads to another picture.
      #expect(try read(whole + first, step: step).pictures == [whole, first])
      // What belongs to a picture is not missed where it is damaged.
      #expect(try read(file.dropLast(30), step: step).pictures == [whole])
    }
  }

  @Test func whatBelongsToNothingIsStillGarbage() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let png = try Fixture.bytes("images/jpeg-420.png")
    let garbage: [[UInt8]] = [
      Self.text("-frame\r\n"), Self.text("Frame: 7\r\n"), Self.text("RIFFxxxxWAVE"), Self.text("garbage"),
      [0xFF, 0x01], [0, 0, 0, 9] + Self.text("zzzz\u{1}"), Self.text("--fr\u{1}me\n"),
    ]
    for bytes in garbage {
      var reader = ImageStreamReader(read: ByteSource(jpeg + bytes + png, step: 9).read)
      #expect(try reader.next() == jpeg)
      #expect(throws: ImageError.self, "\(bytes)") { try reader.next() }
      #expect(try reader.next() == png)
      #expect(try reader.next() == nil)
    }
    // An end marker ends a JPEG, and nothing else.
    var reader = ImageStreamReader(read: ByteSource(png + [0xFF, 0xD9] + png, step: 9).read)
    #expect(try reader.next() == png)
    #expect(throws: ImageError.unrecognized) { try reader.next() }
  }

  /// A picture is answered when its last byte is there, whatever may stand behind.
  @Test func nothingBehindAPictureIsWaitedFor() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let file = Self.multiPicture(jpeg, jpeg)
    for (stream, ends) in [
      (Self.part + jpeg + Self.part + jpeg, [Self.part.count + jpeg.count, 2 * (Self.part.count + jpeg.count)]),
      (file, [file.count - jpeg.count]), (Self.avi([jpeg]), [Self.avi([jpeg]).count - 3 - 1 - 64 - 8]),
    ] {
      let source = ByteSource(stream, step: 1)
      var reader = ImageStreamReader(read: source.read)
      for end in ends {
        _ = try reader.next()
        #expect(abs(source.position - end) <= 1)
      }
    }
  }

  @Test func aStreamOfAnotherKindIsNamed() throws {
    for (bytes, format) in [
      (Self.text("GIF89a") + noise(50), ForeignFormat.gif), (try Self.film(), .mp4), (Self.avi([noise(20)]), .avi),
      (Self.text("PF\n2 2\n-1\n"), .pfm),
    ] {
      for step in [1, 1 << 20] {
        var reader = ImageStreamReader(read: ByteSource(bytes, step: step).read)
        #expect(throws: ImageError.foreign(format)) { try reader.next() }
      }
    }
  }

  private static func heic(_ jpeg: [UInt8]) -> [UInt8] {
    box("ftyp", text("heic") + [0, 0, 0, 0] + text("mif1heic")) + box("mdat", jpeg)
  }

  /// What a stream is answered with: lengths of pictures and texts of errors.
  private func events(_ bytes: [UInt8], step: Int) -> [String] {
    var reader = ImageStreamReader(read: ByteSource(bytes, step: step).read)
    var events: [String] = []
    while true {
      do {
        guard let picture = try reader.next() else { return events + ["\(reader.fillers.count) \(reader.isClosed)"] }
        events.append("\(picture.count)")
      } catch { events.append("\(error)") }
    }
  }

  /// What is answered of a stream with files of other kinds, in front, in between and behind, whatever bytes arrive at once.
  @Test func otherFilesDoNotDependOnHowTheirBytesArrive() throws {
    let jpeg = try Fixture.bytes("images/jpeg-420.jpg")
    let png = try Fixture.bytes("images/jpeg-420.png")
    let heic = Self.heic(jpeg)
    let others: [[UInt8]] = [
      heic, try Self.film(), Self.text("%PDF-1.4\n") + jpeg, Self.text("PK\u{3}\u{4}") + jpeg,
      Self.text("GIF89a") + [0],
      [0x49, 0x49, 42, 0] + jpeg, heic + Self.box("zzzz", jpeg), Array(heic.prefix(11)), Self.text("%PD"),
    ]
    for other in others {
      for front in [[], jpeg, png] {
        let stream = front + other + png
        let whole = events(stream, step: 1 << 20)
        #expect(whole.contains { $0.contains("is ") } || other.count < 12 || front == jpeg, "\(whole)")
        for step in [1, 2, 3, 100] { #expect(events(stream, step: step) == whole, "\(other.prefix(12))") }
      }
    }
  }

  /// Found by fuzzing: the length of a box may consist of what is padding elsewhere.
  @Test(arguments: ["png", "jpg"], [9, 10, 12, 32, 200])
  func aBoxBehindPaddingIsFound(kind: String, length: UInt8) throws {
    let picture = try Fixture.bytes("images/jpeg-420.\(kind)")
    let heic = try Self.heic(Fixture.bytes("images/jpeg-420.jpg"))
    for padding in [0, 1, 2, 3, 4, 30] {
      let stream = picture + [UInt8](repeating: 0, count: padding + 3) + [length] + heic[4...]
      for step in [1, 2, 3, 19, 100, 1 << 20] {
        #expect(
          events(stream, step: step).prefix(2) == ["\(picture.count)", "\(ImageError.foreign(.heic))"],
          "\(padding) \(step)")
      }
    }
  }

  /// AVI's JPEGs leave out the tables that all have.
  @Test func jpegsWithoutTablesAreDecoded() throws {
    let jpeg = try Image(width: 20, height: 9, pixels: noise(540)).encodedJPEG()
    var bare = jpeg
    while let table = bare.indices.dropLast(3).first(where: { bare[$0] == 0xFF && bare[$0 + 1] == 0xC4 }) {
      bare.removeSubrange(table..<table + 2 + Int(bare[table + 2]) << 8 + Int(bare[table + 3]))
    }
    #expect(bare.count < jpeg.count - 400)
    #expect(try Image(decoding: bare) == Image(decoding: jpeg))
    #expect(try read(bare + bare, step: 100).pictures == [bare, bare])
  }
}
