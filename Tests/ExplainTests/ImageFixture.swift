import Explain
import Testing

/// Files under Tests/Fixtures.
enum Fixture {
  static func bytes(_ relative: String) throws -> [UInt8] {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try fileBytes("/\(tests)/Fixtures/\(relative)")
  }
}

/// The error that decoding ends with, or nil when there is none.
func decodingError(_ bytes: [UInt8], limits: ImageLimits = .standard) -> ImageError? {
  do throws(ImageError) {
    _ = try Image(decoding: bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}

/// Reproducible bytes (Lehmer's generator).
func noise(_ count: Int, seed: Int = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state * 48271 % 2_147_483_647
    return UInt8(truncatingIfNeeded: state >> 11)
  }
}

/// How many samples differ, and by how much at most.
func difference(_ a: [UInt8], _ b: [UInt8]) -> (count: Int, largest: Int) {
  precondition(a.count == b.count)
  var (count, largest) = (0, 0)
  for (x, y) in zip(a, b) where x != y {
    count += 1
    largest = max(largest, abs(Int(x) - Int(y)))
  }
  return (count, largest)
}
