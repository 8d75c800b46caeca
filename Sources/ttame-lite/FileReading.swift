import Explain
import Glibc

/// Most bytes that are read of a file or pipe.
private let largestFile = 1 << 30

/// All bytes of a file, pipe or device.
func readFile(_ path: String) throws(Failure) -> [UInt8] {
  let file = open(path.cPath, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw .reading(path) }
  defer { close(file) }
  return try readAll(file, path)
}

/// All bytes of what is open.
///
/// - Parameter path: what messages call it.
func readAll(_ file: Int32, _ path: String) throws(Failure) -> [UInt8] {
  var bytes: [UInt8] = []
  var status = stat()
  if fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
    if Int(status.st_size) > largestFile { throw tooLarge(path) }
    do throws(ImageError) { try MemoryBudget.require(Int(status.st_size)) } catch {
      throw Failure(error, reading: path)
    }
    bytes.reserveCapacity(Int(status.st_size))
  }
  while true {
    let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { chunk in
      let count = read(file, chunk.baseAddress, chunk.count)
      if count > 0 { bytes.append(contentsOf: chunk.prefix(count)) }
      return count
    }
    if count == 0 { return bytes }
    if count < 0, errno == EAGAIN {
      waitUntilReady(file, for: POLLIN)
    } else if count < 0, errno != EINTR {
      throw .reading(path)
    }
    if bytes.count > largestFile { throw tooLarge(path) }
  }
}

private func tooLarge(_ path: String) -> Failure { Failure(.badData, "is larger than 1 GiB", subject: path) }

/// The first bytes of a regular file, or those from a place on; none of what is no such file, or cannot be read.
func fileStart(_ path: String, _ count: Int, at place: Int = 0) -> [UInt8] {
  let file = open(path.cPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard file >= 0 else { return [] }
  defer { close(file) }
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
    read = max(pread(file, buffer.baseAddress, count, off_t(place)), 0)
  }
}
