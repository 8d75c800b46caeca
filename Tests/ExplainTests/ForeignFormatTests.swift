import Explain
import Testing

/// Files that are no pictures we read are named, with the way out.
@Suite struct ForeignFormatTests {
  /// A kind, and how a file of it begins.
  struct Row: Sendable, CustomTestStringConvertible {
    let format: ForeignFormat
    let bytes: [UInt8]

    init(_ format: ForeignFormat, _ text: String, _ more: [UInt8] = []) {
      (self.format, bytes) = (format, Array(text.utf8) + more)
    }

    init(_ format: ForeignFormat, _ bytes: [UInt8], _ text: String = "") {
      (self.format, self.bytes) = (format, bytes + Array(text.utf8))
    }

    var testDescription: String { "\(format) \(bytes.prefix(12))" }
  }

  private static let rows = [
    Row(.gif, "GIF89a\u{1}\u{0}"), Row(.gif, "GIF87a"), Row(.webp, "RIFF\u{10}\u{0}\u{0}\u{0}WEBPVP8 "),
    Row(.avi, "RIFF\u{10}\u{0}\u{0}\u{0}AVI LIST"),
    Row(.bmp, "BM", [99, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]), Row(.tiff, [0x49, 0x49, 42, 0, 8, 0, 0, 0]),
    Row(.tiff, [0x4D, 0x4D, 0, 42]), Row(.rawPhotograph, [0x49, 0x49, 42, 0, 16, 0, 0, 0, 0x43, 0x52, 2, 0]),
    Row(.rawPhotograph, "FUJIFILMCCD-RAW 0201"), Row(.rawPhotograph, [0, 0, 0, 24], "ftypcrx isom"),
    Row(.heic, [0, 0, 0, 24], "ftypheic\u{0}\u{0}\u{0}\u{0}mif1heic"),
    Row(.heic, [0, 0, 0, 24], "ftypmif1\u{0}\u{0}\u{0}\u{0}mif1heic"),
    Row(.avif, [0, 0, 0, 28], "ftypmif1\u{0}\u{0}\u{0}\u{0}mif1avifmiaf"), Row(.avif, [0, 0, 0, 28], "ftypavif"),
    Row(.mp4, [0, 0, 0, 24], "ftypmp42\u{0}\u{0}\u{0}\u{0}mp42isom"),
    Row(.mp4, [0, 0, 0, 8], "wide\u{0}\u{0}\u{0}\u{8}mdat"),
    Row(.jpegXL, [0xFF, 0x0A, 1]), Row(.jpegXL, [0, 0, 0, 12], "JXL \r\n"), Row(.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
    Row(.jpeg2000, [0, 0, 0, 12], "jP  \r\n"), Row(.pfm, "PF\n3 2\n-1.0\n"), Row(.pfm, "Pf\n3 2\n-1.0\n"),
    Row(.svg, "<svg xmlns='http://www.w3.org/2000/svg'>"), Row(.svg, "<?xml version='1.0'?>\n<svg/>"),
    Row(.dicom, [UInt8](repeating: 0, count: 128), "DICM"), Row(.matroska, [0x1A, 0x45, 0xDF, 0xA3]),
    Row(.pdf, "%PDF-1.7\n"), Row(.gzip, [0x1F, 0x8B, 8, 0]), Row(.bzip2, "BZh91AY"),
    Row(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), Row(.zstandard, [0x28, 0xB5, 0x2F, 0xFD]),
    Row(.zip, "PK\u{3}\u{4}\u{14}\u{0}photo.jpg"), Row(.tar, [UInt8](repeating: 97, count: 257), "ustar"),
    Row(.html, "\n <!DOCTYPE html><title>404</title>"), Row(.html, [0xEF, 0xBB, 0xBF], "<HTML>"),
    Row(.xml, "<?xml version='1.0'?><Error>denied</Error>"),
    Row(.gitLFSPointer, "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
    Row(.safetensors, [9, 1, 0, 0, 0, 0, 0, 0], #"{"w":{"dtype":"F32""#),
    Row(.pytorch, "PK\u{3}\u{4}\u{0}\u{0}archive/data.pkl"),
    Row(.pytorch, [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9]),
    Row(.onnx, [8, 7, 0x12, 7], "pytorch\u{1A}\u{3}"), Row(.onnx, [8, 1, 0x12, 3], "abc\u{1A}\u{3}"),
    Row(.tensorFlow, [8, 1, 0x12, 0x9A, 0xB3, 2, 0x0A, 0xF1, 4], "\u{12}\u{4}"),
    Row(.tensorFlow, [0x0A, 0x2C, 0x0A, 5], "input\u{12}\u{B}Placeholder*\u{9}"), Row(.tflite, [28, 0, 0, 0], "TFL3"),
    Row(.gguf, "GGUF\u{3}"),
    Row(.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), Row(.numpy, [0x93], "NUMPY\u{1}"),
  ]

  @Test(arguments: rows)
  func kindsAreToldByContent(_ row: Row) {
    #expect(row.bytes.withUnsafeBytes(ForeignFormat.detect) == row.format)
    #expect(decodingError(row.bytes) == .foreign(row.format))
  }

  @Test func everyKindHasARow() {
    #expect(ForeignFormat.allCases.filter { kind in !Self.rows.contains { $0.format == kind } } == [])
  }

  @Test func otherBytesAreNoKind() throws {
    let pictures = try ["images/jpeg-420.jpg", "images/jpeg-420.png"].map(Fixture.bytes)
    for bytes in pictures + [[], [0], Array("hello".utf8), Array("BM".utf8), Array("<p>".utf8), noise(2000)] {
      #expect(bytes.withUnsafeBytes(ForeignFormat.detect) == nil, "\(bytes.prefix(12))")
    }
    #expect(decodingError(Array("hello".utf8)) == .unrecognized)
  }

  @Test func theWayOutIsNamed() {
    #expect(
      ImageError.foreign(.heic).description
        == "is HEIC, which cannot be read as an image: convert it with 'heif-convert IN OUT.jpg'")
    #expect(
      ImageError.foreign(.gitLFSPointer).description
        == "is a Git LFS pointer, which cannot be read as an image: fetch the file itself with 'git lfs pull'")
  }
}
