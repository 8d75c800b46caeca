/// Operands with bytes on both sides that must survive.
final class GuardedMemory: OperandMemory {
  private static let margin = 64
  private static let guardByte: UInt8 = 0xA5
  private var parts: [(start: UnsafeMutableRawPointer, bytes: Int)] = []

  deinit { for part in parts { part.start.deallocate() } }

  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let total = bytes + 2 * Self.margin
    let start = UnsafeMutableRawPointer.allocate(byteCount: total, alignment: 64)
    start.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: total)
    parts.append((start, bytes))
    return start + Self.margin
  }

  var isIntact: Bool {
    parts.allSatisfy { part in
      (0..<Self.margin).allSatisfy {
        part.start.load(fromByteOffset: $0, as: UInt8.self) == Self.guardByte
          && part.start.load(fromByteOffset: Self.margin + part.bytes + $0, as: UInt8.self) == Self.guardByte
      }
    }
  }
}
