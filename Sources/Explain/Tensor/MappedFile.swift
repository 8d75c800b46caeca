import Glibc

/// A file's bytes, mapped read-only and shared with the page cache.
///
/// The mapping is private: nobody's writes reach the file. A file that is truncated while it is mapped faults when it
/// is read, as with every mapping; replace model files by renaming, as `SafetensorsWriter` does.
public final class MappedFile: @unchecked Sendable {  // immutable after init
  /// The whole file; valid for as long as this object lives. Starts on a page boundary.
  public let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Alignment of memory that stands in for a mapping: a cache line, and the widest vector register.
  private static let alignment = 64

  /// Maps the regular file at `path`. An empty file gives empty bytes.
  public init(path: String) throws(FileError) {
    // A pipe that nobody writes to must not make us wait.
    let descriptor = open(path.cPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last("fstat") }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw .isDirectory }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile }
    let count = Int(status.st_size)
    guard count > 0 else {
      (bytes, isMapped) = (UnsafeRawBufferPointer(start: nil, count: 0), false)
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw .last("mmap")
    }
    (bytes, isMapped) = (UnsafeRawBufferPointer(start: address, count: count), true)
  }

  /// Holds a copy of `contents`, for bytes that are not in a file.
  init(copying contents: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: Self.alignment)
    copy.copyBytes(from: contents)
    (bytes, isMapped) = (UnsafeRawBufferPointer(copy), false)
  }

  /// Lets go of the memory of the pages from the one that `range` starts in to the one before it ends. Their bytes stay
  /// valid: they are read from the file again when they are needed.
  func release(_ range: Range<Int>) {
    guard isMapped, let base = bytes.baseAddress, range.upperBound <= bytes.count else { return }
    let page = Int(getpagesize())
    let start = range.lowerBound / page * page
    let end = range.upperBound / page * page
    guard start < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }
}
