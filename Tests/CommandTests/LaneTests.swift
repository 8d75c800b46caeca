import Explain
import Testing

/// Pictures that are computed beside each other come out as one by one.
@Suite struct LaneTests {
  private static let photos = [Photos.cat, Photos.path("espresso.jpg"), Photos.path("rocket.jpg")]

  /// Many pictures of two sizes, in an order that shows when two change places.
  private static let list = (0..<24).map { photos[($0 * $0 + $0 / 3) % 3] }

  @Test(arguments: [2, 3, 8]) func answersStayInOrder(_ threads: Int) throws {
    let alone = try Command.run(["classify", "--threads", "1"] + Self.list)
    let together = try Command.run(["classify", "--threads", "\(threads)"] + Self.list)
    #expect(together.status == 0 && together.output == alone.output)
  }

  @Test func picturesStayInOrder() throws {
    let stream = try Self.list.prefix(9).flatMap { try Command.bytes(of: $0) }
    let arguments = ["explain", "-q", "--format", "ppm", "-o", "-", "-"]
    let alone = try Command.run(arguments + ["--threads", "1"], input: stream)
    let together = try Command.run(arguments + ["--threads", "4"], input: stream)
    #expect(alone.status == 0 && !alone.output.isEmpty)
    #expect(together.status == 0 && together.output == alone.output)
  }

  /// What is decoded smaller says so, and is classified alike.
  @Test func fastJPEGsAreReadSmaller() throws {
    let scratch = try Scratch()
    let large = try Image(decoding: Photos.jpeg("cat.jpg")).resized(width: 1200, height: 900, .bicubic)
    try scratch.write(try large.encodedJPEG(quality: 90), to: "large.jpg")
    let exact = try Command.run(["classify", "--json", scratch / "large.jpg"])
    let fast = try Command.run(["classify", "--json", "--fast-jpeg", scratch / "large.jpg"])
    let (before, after) = (try JSONValue.lines(exact.text)[0], try JSONValue.lines(fast.text)[0])
    #expect(after["scaled"] == .number(2) && after["width"] == .number(600) && before["width"] == .number(1200))
    #expect(after["predictions"][0]["class"] == before["predictions"][0]["class"])
    let drawn = ["explain", "--fast-jpeg", scratch / "large.jpg", "-o", scratch / "out.png"]
    #expect(try Command.run(drawn).status == 64)
    #expect(try Command.run(drawn + ["--size", "crop"]).status == 0)
  }

  /// A damaged picture among others is told in its place.
  @Test func failuresStayInOrder() throws {
    let scratch = try Scratch()
    try scratch.write(Array(try Command.bytes(of: Photos.cat).prefix(2000)), to: "cut.jpg")
    let list = Array(Self.list.prefix(4)) + [scratch / "cut.jpg"] + Array(Self.list.suffix(4))
    let result = try Command.run(["explain", "--threads", "4", "--json"] + list)
    #expect(result.status == 65)
    let answered = result.output.split(separator: UInt8(ascii: "\n")).count
    #expect(answered == list.count - 1)
    #expect(result.errorLines.contains { $0.contains("cut.jpg") })
  }
}
