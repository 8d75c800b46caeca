import Foundation
import Testing

@testable import Explain

@Suite struct ONNXValuesTests {
  /// Any part of a tensor, however it is stored, is that part of the whole; also after its memory was let go.
  @Test(arguments: ONNXFixture.names)
  func partsAreThoseOfTheWhole(_ name: String) throws {
    for (name, tensor) in try ONNXModel(path: ONNXFixture.path(name)).graph.tensors {
      let whole = try tensor.floats().map(\.bitPattern)
      let values = try tensor.values()
      let integers = tensor.elementType.isWhole ? try tensor.integers() : []
      for length in [1, 7, 100, 256, 257] {
        for start in stride(from: 0, through: tensor.count, by: max(tensor.count / 40, 1)) {
          let range = start..<min(start + length, tensor.count)
          var part = [Float](repeating: .nan, count: range.count + 1)
          part.withUnsafeMutableBufferPointer { values.read(range, into: $0.baseAddress!) }
          #expect(
            part.dropLast().map(\.bitPattern) == Array(whole[range]) && part.last?.isNaN == true, "\(name) \(range)")
          if !integers.isEmpty { #expect(try values.integers(range) == Array(integers[range])) }
          values.release(range)
        }
      }
    }
  }

  /// Opening a model touches none of its weights, reading a tensor no others, and letting it go gives its memory back.
  @Test func onlyWhatIsReadIsInMemory() throws {
    let folder = try TemporaryFolder()
    let (count, tensors, megabyte) = (1 << 18, 100, 1 << 20)
    // The weights are holes in the file, zeros that take no room on the disk.
    let shape = [count]
    let heads = (0..<tensors).map { index in
      let fields = ONNXBytes.field(1, shape[0]) + ONNXBytes.field(2, 1) + ONNXBytes.field(8, "t\(index)")
      let weights = [0x4A] + ONNXBytes.varint(UInt64(megabyte))
      return [0x2A] + ONNXBytes.varint(UInt64(fields.count + weights.count + megabyte)) + fields + weights
    }
    let graphBytes = heads.reduce(0) { $0 + $1.count + megabyte }
    let path = try folder.write("net.onnx", ONNXBytes.field(1, 8) + ONNXBytes.field(8, ONNXBytes.field(2, 18)))
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seekToEnd()
    try file.write(contentsOf: [0x3A] + ONNXBytes.varint(UInt64(graphBytes)))
    for head in heads {
      try file.write(contentsOf: head)
      try file.seek(toOffset: try file.offset() + UInt64(megabyte))
    }
    try file.truncate(atOffset: try file.offset())
    try file.close()

    let model = try ONNXModel(path: path)
    #expect(model.graph.tensors.count == tensors)
    let opened = try resident(path)
    #expect(opened < megabyte, "\(opened)")
    let values = try #require(model.graph.tensors["t50"]).values()
    var read = [Float](repeating: 1, count: count)
    read.withUnsafeMutableBufferPointer { values.read(0..<count, into: $0.baseAddress!) }
    #expect(read.allSatisfy { $0 == 0 })
    let used = try resident(path)
    // The kernel may map neighbours of the pages that are read.
    #expect(used > megabyte / 2 && used < 4 * megabyte, "\(used)")
    values.release(0..<count)
    #expect(try resident(path) < used - megabyte / 2)
  }

  /// Bytes of a mapped file that are in this process's memory.
  private func resident(_ path: String) throws -> Int {
    var (isMapping, bytes) = (false, 0)
    // Foundation reads only the start of such a file by its path.
    let report = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps")).readToEnd() ?? Data()
    for line in String(decoding: report, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0].contains("-") { isMapping = line.hasSuffix(path) }
      if isMapping, words[0] == "Rss:" { bytes += Int(words[1])! << 10 }
    }
    return bytes
  }
}
