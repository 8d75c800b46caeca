import Explain
import Foundation
import Testing

@Suite struct SafetensorsWriterTests {
  private typealias Declaration = SafetensorsWriter.Declaration

  private static let tensors = [
    Declaration("odd", .u8, [3]), Declaration("big", .i8, [2, 64]), Declaration("sixteen", .f32, [4]),
    Declaration("empty", .f32, [0]), Declaration("half", .f16, [3]), Declaration("huge", .f32, [64]),
  ]
  private static let metadata = ["plain": "text", "quoted \"\\\n\t\u{1}": "{\"é😀\":[1]}", "": ""]

  private func write(_ path: String) throws -> Int {
    let writer = try SafetensorsWriter(path: path, tensors: Self.tensors, metadata: Self.metadata)
    // Any order, and in parts.
    try writer.write((0..<64).map(Float.init), to: "huge")
    try writer.write([UInt8](1...3), to: "odd")
    try writer.write([Int8](repeating: -1, count: 64), to: "big", at: 64)
    try writer.write([Int8](repeating: 1, count: 64), to: "big")
    try writer.write([Float](repeating: 0.5, count: 4), to: "sixteen")
    try writer.write([UInt16](repeating: 0x3C00, count: 3), to: "half")
    return try writer.finish()
  }

  @Test func readsBackWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let bytes = try write(folder.file("x"))
    let file = try Safetensors(path: folder.file("x"))
    #expect(file.metadata == Self.metadata)
    #expect(file.fileBytes == bytes)
    for tensor in Self.tensors {
      #expect(file.entries[tensor.name]?.shape == tensor.shape)
      #expect(file.entries[tensor.name]?.dtype == tensor.dtype)
    }
    #expect(try file.floats("huge") == (0..<64).map(Float.init))
    #expect(try file.floats("half") == [1, 1, 1])
    #expect(file.bytes(of: "odd").map { Array($0) } == [1, 2, 3])
    let big = [UInt8](repeating: 1, count: 64) + [UInt8](repeating: 255, count: 64)
    #expect(file.bytes(of: "big").map { Array($0) } == big)
  }

  @Test func alignsTensorsToThePowerOfTwoInTheirSize() throws {
    let folder = try TemporaryFolder()
    _ = try write(folder.file("x"))
    let file = try Safetensors(path: folder.file("x"))
    #expect(file.dataStart % 64 == 0)
    for (name, alignment) in ["big": 64, "huge": 64, "sixteen": 16, "half": 2] {
      #expect(try #require(file.entries[name]).byteRange.lowerBound % alignment == 0)
    }
  }

  @Test func writesEqualBytesForEqualInput() throws {
    let folder = try TemporaryFolder()
    _ = try write(folder.file("x"))
    _ = try write(folder.file("y"))
    #expect(try folder.contents("x") == folder.contents("y"))
    #expect(folder.names == ["x", "y"])
  }

  @Test func leavesTheOldFileUntilItIsFinished() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x", [1, 2, 3])
    var writer: SafetensorsWriter? = try SafetensorsWriter(path: path, tensors: [], metadata: [:])
    #expect(try folder.contents("x") == [1, 2, 3])
    #expect(folder.names.count == 2)
    writer = nil
    #expect(writer == nil && folder.names == ["x"])
    #expect(try folder.contents("x") == [1, 2, 3])
    _ = try SafetensorsWriter(path: path, tensors: [], metadata: [:]).finish()
    #expect(try Safetensors(path: path).entries.isEmpty)
    #expect(folder.names == ["x"])
  }

  @Test func replacesTheFileBehindASymbolicLink() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("target", [1])
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("target"))
    _ = try write(folder.file("link"))
    #expect(try Safetensors(path: folder.file("target")).entries.count == Self.tensors.count)
    #expect(folder.names == ["link", "target"])
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.isDirectory) { try self.write(folder.path) }
    #expect(throws: FileError.notRegularFile) { try self.write("/dev/null") }
    #expect(throws: FileError.notFound) { try self.write(folder.file("missing/x")) }
  }
}
