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
