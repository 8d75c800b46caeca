import Kernels
import Testing

@testable import Explain

/// Damaged models end in an error of one line, or are read.
@Suite struct ONNXDamageTests {
  /// Whether the model and all its values are read.
  private func isRead(_ bytes: [UInt8]) -> Bool {
    do throws(ONNXError) {
      try ONNXModel(bytes: bytes, folder: ONNXFixture.folder).readAll()
      return true
    } catch {
      let text = error.description
      #expect(!text.isEmpty && !text.contains { $0.isNewline } || text.onOneLine != text, "\(text)")
      return false
    }
  }

  @Test(arguments: ONNXFixture.names)
  func everyPrefixIsRefusedOrWhole(_ name: String) throws {
    let whole = try fileBytes(ONNXFixture.path(name))
    #expect(isRead(whole))
    var read = 0
    for length in 0..<whole.count where isRead(Array(whole.prefix(length))) { read += 1 }
    // Behind the graph there are fields that a model can do without.
    #expect(read < 12, "\(read) prefixes are read")
  }

  @Test(arguments: ONNXFixture.names)
  func changedBytesAreNoTrap(_ name: String) throws {
    let whole = try fileBytes(ONNXFixture.path(name))
    var generator = SplitMix64(state: UInt64(name.utf8.reduce(0) { $0 * 31 + Int($1) }))
    func random(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    var (read, refused) = (0, 0)
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...random(3) {
        let place = random(bytes.count)
        switch random(5) {
        case 0: bytes[place] = UInt8(random(256))
        case 1: bytes[place] ^= 1 << UInt8(random(8))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(contentsOf: [UInt8](repeating: 0xFF, count: 1 + random(10)), at: place)
        default: bytes.replaceSubrange(place..<min(place + random(20), bytes.count), with: whole.suffix(random(20)))
        }
      }
      if isRead(bytes) { read += 1 } else { refused += 1 }
    }
    #expect(read > 0 && refused > 0, "\(read) \(refused)")
  }
}
