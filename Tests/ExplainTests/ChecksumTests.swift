import Explain
import Foundation
import Testing

/// The checksum that every file we write carries.
@Suite struct ChecksumTests {
  private func tinyModel(_ folder: TemporaryFolder, _ model: TinyModel = TinyModel()) throws -> [UInt8] {
    try model.write(folder.file("model"))
    return try folder.contents("model")
  }

  @Test func isTheCRCOfTheFileWithZerosInItsPlace() throws {
    let folder = try TemporaryFolder()
    var bytes = try tinyModel(folder)
    let stated = try #require(try Safetensors(path: folder.file("model")).verifyChecksum())
    let key = Array("\"file_crc32\":\"".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: key) }) + key.count
    #expect(String(decoding: bytes[place..<place + 8], as: UTF8.self) == stated)
    bytes.replaceSubrange(place..<place + 8, with: Array("00000000".utf8))
    #expect(UInt32(stated, radix: 16) == crc32(bytes))
  }

  @Test func everyFlippedBitIsFound() throws {
    let folder = try TemporaryFolder()
    let bytes = try tinyModel(folder)
    var missed: [Int] = []
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      do throws(SafetensorsError) {
        // A flip in the checksum's own key leaves a file without one, which says so.
        if try Safetensors(bytes: damaged).verifyChecksum() != nil { missed.append(bit) }
      } catch { continue }
    }
    #expect(missed.isEmpty)
  }

  @Test func filesOfOthersCarryNone() throws {
    let header = Array(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.utf8)
    let file = try Safetensors(bytes: [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [7])
    #expect(try file.verifyChecksum() == nil)
  }

  @Test func whatIsNoChecksumMatchesNothing() throws {
    for text in ["", "0", "xyz", "00000000", "000000000000"] {
      let header = Array(#"{"__metadata__":{"file_crc32":"\#(text)"}}"#.utf8)
      let file = try Safetensors(bytes: [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header)
      #expect(throws: SafetensorsError.self) { try file.verifyChecksum() }
    }
  }

  @Test func verifyingAModelNamesWhatIsNotFinite() throws {
    let folder = try TemporaryFolder()
    var tiny = TinyModel(.float32)
    _ = try tinyModel(folder, tiny)
    #expect(try Model(path: folder.file("model")).verify() != nil)
    tiny.set("dw.weight", 33, .infinity)
    _ = try tinyModel(folder, tiny)
    let model = try Model(path: folder.file("model"))
    let error = ModelError.badValue(tensor: "dw.weight", index: 33, value: .infinity, expected: "a finite number")
    #expect(throws: error) { try model.verify() }
    // Where such a weight reaches the output, the engine names the node that it came in by.
    let input = [Float](repeating: 1, count: model.description.graph.inputShape.count)
    #expect(throws: EngineError.notFinite(node: "dw")) { try Session(model: model).classify(input) }
  }

  @Test func bundledModelsAreIntact() throws {
    for name in ["efficientnet-lite0", "vgg16-imagenette"] {
      #expect(try Model(path: "\(Fixtures.package)/weights/\(name).safetensors").verify() != nil)
    }
  }
}
