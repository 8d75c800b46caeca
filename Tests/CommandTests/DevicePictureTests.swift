import Explain
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
    // By name the first picture is answered; a body of HTTP or a film is no file of a picture.
    guard row.file != "multipart.mjpg" else { return }
    let named = try Command.run(["classify", "--json", "\(Self.shared)/\(row.file)"] + tiny.model)
    #expect(named.status == 0 && named.error.isEmpty, "\(named.error)")
    #expect(try JSONValue.lines(named.text).count == 1)
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
        "standard input, besides pictures: 9 bytes of padding, 1 further end marker, 6 lines of HTTP headers, "
          + "1 film of motion photographs, 1 JPEG without an end marker\n"
      ),
    ] as [([String], String)] {
      let result = try Command.run(["classify", "--json"] + arguments + tiny.model, input: input)
      #expect(result.status == 0 && result.error == error, "\(result.error)")
      #expect(try TinyStream.frames(result.text) == [[20, 1], [20, 2], [20, 3]])
    }
    let plain = try Command.run(["explain", "-q", "--verbose"] + tiny.model, input: frame)
    #expect(plain.status == 0 && plain.error == "standard input, besides pictures: nothing\n")
  }
}
