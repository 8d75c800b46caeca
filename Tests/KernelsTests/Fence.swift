import Glibc
import Kernels

/// Copies of arrays in memory of their own, with a page on either side that nobody may touch: a kernel that reads or
/// writes outside them ends the test run with a fault.
///
/// `remove()` gives the memory back; until then the pointers stay valid.
final class Fence: OperandMemory {
  enum Side: CaseIterable {
    /// The last element ends where the forbidden page behind begins.
    case end
    /// The first element begins where the forbidden page before ends.
    case start
  }

  /// An emulator may read a whole vector where a masked load takes a part of one, which no CPU does; TTAME_OPEN_FENCES lets it.
  static let isOpen = getenv("TTAME_OPEN_FENCES") != nil

  private let side: Side
  private var mappings: [(address: UnsafeMutableRawPointer, bytes: Int)] = []

  init(_ side: Side = .end) { self.side = side }

  func remove() {
    for mapping in mappings { munmap(mapping.address, mapping.bytes) }
    mappings = []
  }

  func copy<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let pointer = allocate(values.count * MemoryLayout<Element>.stride).assumingMemoryBound(to: Element.self)
    pointer.update(from: values, count: values.count)
    return pointer
  }

  /// Memory filled with bytes of 0xFF, which make a Float that is no number.
  func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let page = Int(getpagesize())
    let inside = max(1, (bytes + page - 1) / page) * page
    let mapped = inside + 2 * page
    guard let address = mmap(nil, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), address != MAP_FAILED,
      mprotect(address + page, inside, PROT_READ | PROT_WRITE) == 0,
      !Self.isOpen || mprotect(address, mapped, PROT_READ | PROT_WRITE) == 0
    else { preconditionFailure("no memory for \(bytes) bytes") }
    mappings.append((address, mapped))
    let start = address + page + (side == .end ? inside - bytes : 0)
    memset(start, 0xFF, bytes)
    return start
  }
}
