import Explain
import Foundation
import Testing

/// The files of libpng's own test suite that once crashed a decoder.
@Suite struct PNGCrasherTests {
  private static let folder = "\(Fixtures.package)/Tests/Fixtures/libpng-crashers"
  private static let errors: [String: ImageError] = [
    "bad_iCCP.png": .checksum(chunk: "IHDR"),
    "badadler.png": .png(chunk: "IDAT", reason: "incorrect data check"),
    "badcrc.png": .checksum(chunk: "IDAT"),
  ]

  @Test func everyOneIsRefused() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".png") }
    #expect(names.count == 23)
    for name in names where name != "empty_ancillary_chunks.png" {
      let bytes = try Fixture.bytes("libpng-crashers/\(name)")
      #expect(decodingError(bytes) == Self.errors[name] ?? .truncated(.png), "\(name)")
    }
  }

  @Test func emptyAncillaryChunksAreNoHarm() throws {
    let image = try Image(decoding: Fixture.bytes("libpng-crashers/empty_ancillary_chunks.png"))
    #expect(image.width == 1 && image.height == 1)
  }
}
