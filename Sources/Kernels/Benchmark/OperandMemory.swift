/// Where the operands of a kernel lie.
package protocol OperandMemory: AnyObject {
  /// Memory that starts at a whole Float and lasts as long as its owner.
  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer
}

/// Operands that each start at a cache line.
final class AlignedOperands: OperandMemory {
  private var parts: [AlignedMemory] = []

  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let part = AlignedMemory(bytes: bytes)
    parts.append(part)
    return part.pointer
  }
}
