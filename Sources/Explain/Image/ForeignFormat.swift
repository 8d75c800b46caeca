/// A known kind of file that is read neither as a picture nor as a model, told apart by content and never by name.
public enum ForeignFormat: Sendable, Equatable, CaseIterable {
  // Pictures.
  case gif, webp, bmp, tiff, heic, avif, jpegXL, jpeg2000, pfm, svg, dicom, rawPhotograph
  // Films and documents.
  case mp4, matroska, avi, pdf
  // Archives, and what stands where a file should be.
  case gzip, bzip2, xz, zstandard, zip, tar, html, xml, gitLFSPointer
  // Models; safetensors is read as one.
  case safetensors, pytorch, onnx, tensorFlow, tflite, gguf, hdf5, numpy

  /// How many bytes tell all kinds apart; with fewer some may go unrecognised.
  public static let decisiveBytes = 1024

  /// The kind that `bytes` begin like; nil where they begin like none of these.
  public static func detect(_ bytes: UnsafeRawBufferPointer) -> ForeignFormat? {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(decisiveBytes))
    for (format, offset, signature) in signatures where start.holds(signature, at: offset) { return format }
    return start.riff ?? start.isoMedia ?? start.bitmap ?? start.zipped ?? start.text ?? start.model
  }

  /// Signatures that need nothing else to be certain.
  private static let signatures: [(ForeignFormat, offset: Int, [UInt8])] = [
    (.gif, 0, Array("GIF87a".utf8)), (.gif, 0, Array("GIF89a".utf8)),
    // Canon's and others' raw photographs begin like TIFF.
    (.rawPhotograph, 8, [0x43, 0x52, 2]), (.rawPhotograph, 0, Array("FUJIFILMCCD-RAW".utf8)),
    (.rawPhotograph, 0, Array("IIRO".utf8)), (.rawPhotograph, 0, [0x49, 0x49, 0x55, 0]),
    (.tiff, 0, [0x49, 0x49, 42, 0]), (.tiff, 0, [0x4D, 0x4D, 0, 42]),
    (.tiff, 0, [0x49, 0x49, 43, 0]), (.tiff, 0, [0x4D, 0x4D, 0, 43]),
    (.jpegXL, 0, [0xFF, 0x0A]), (.jpegXL, 0, [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A]),
    (.jpeg2000, 0, [0xFF, 0x4F, 0xFF, 0x51]), (.jpeg2000, 0, [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A]),
    (.pfm, 0, Array("PF\n".utf8)), (.pfm, 0, Array("Pf\n".utf8)), (.dicom, 128, Array("DICM".utf8)),
    (.matroska, 0, [0x1A, 0x45, 0xDF, 0xA3]), (.pdf, 0, Array("%PDF-".utf8)),
    (.gzip, 0, [0x1F, 0x8B, 8]), (.bzip2, 0, Array("BZh".utf8)), (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
    (.zstandard, 0, [0x28, 0xB5, 0x2F, 0xFD]), (.tar, 257, Array("ustar".utf8)),
    (.gitLFSPointer, 0, Array("version https://git-lfs".utf8)),
    (.tflite, 4, Array("TFL3".utf8)), (.gguf, 0, Array("GGUF".utf8)),
    (.hdf5, 0, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]), (.numpy, 0, [0x93] + Array("NUMPY".utf8)),
  ]

  /// Whether such a file may hold a picture of a kind that is read as it is: a preview, a page, an entry of an archive.
  var mayHoldPictures: Bool {
    switch self {
    case .gif, .bmp, .pfm, .svg, .html, .xml, .gitLFSPointer: false
    default: true
    }
  }

  /// How many bytes tell the kinds apart that are `certain`.
  static let certainBytes = 12

  /// Whether the first `certainBytes` of such a file are no accident behind a picture.
  var isCertain: Bool {
    [.pdf, .tiff, .rawPhotograph, .heic, .avif, .mp4, .matroska, .webp, .gif, .zip, .xz].contains(self)
  }

  /// What people call it.
  public var name: String {
    switch self {
    case .gif: "GIF"
    case .webp: "WebP"
    case .bmp: "BMP"
    case .tiff: "TIFF"
    case .heic: "HEIC"
    case .avif: "AVIF"
    case .jpegXL: "JPEG XL"
    case .jpeg2000: "JPEG 2000"
    case .pfm: "PFM"
    case .svg: "SVG"
    case .dicom: "DICOM"
    case .rawPhotograph: "a camera's raw file"
    case .mp4: "a video (MP4)"
    case .matroska: "a video (Matroska)"
    case .avi: "a video (AVI)"
    case .pdf: "PDF"
    case .gzip: "compressed (gzip)"
    case .bzip2: "compressed (bzip2)"
    case .xz: "compressed (xz)"
    case .zstandard: "compressed (zstd)"
    case .zip: "an archive (zip)"
    case .tar: "an archive (tar)"
    case .html: "a web page (HTML)"
    case .xml: "XML"
    case .gitLFSPointer: "a Git LFS pointer"
    case .safetensors: "a model or weights (safetensors)"
    case .pytorch: "a PyTorch checkpoint"
    case .onnx: "an ONNX model"
    case .tensorFlow: "a TensorFlow model"
    case .tflite: "a TensorFlow Lite model"
    case .gguf: "a GGUF model"
    case .hdf5: "HDF5"
    case .numpy: "a NumPy array"
    }
  }

  /// What to do with such a file where a picture is wanted; behind the name, without one of the file.
  var wayOut: String {
    switch self {
    case .gif, .bmp: "convert it with 'ffmpeg -i IN -frames:v 1 OUT.png'"
    case .webp: "convert it with 'dwebp IN -o OUT.png'"
    case .tiff: "convert it with 'tifftopnm IN > OUT.ppm'"
    case .heic: "convert it with 'heif-convert IN OUT.jpg'"
    case .avif: "convert it with 'avifdec IN OUT.png'"
    case .jpegXL: "convert it with 'djxl IN OUT.png'"
    case .jpeg2000: "convert it with 'opj_decompress -i IN -o OUT.png'"
    case .pfm: "convert it with 'pfmtopam IN > OUT.pam'"
    case .svg: "convert it with 'rsvg-convert IN -o OUT.png'"
    case .dicom: "convert it with 'dcmj2pnm --write-png IN OUT.png'"
    case .rawPhotograph: "take its preview with 'exiftool -b -PreviewImage IN > OUT.jpg'"
    case .mp4, .matroska, .avi: "pipe its frames in with 'ffmpeg -i IN -f image2pipe -c:v mjpeg -q:v 2 -'"
    case .pdf: "convert it with 'pdftoppm -png IN OUT'"
    case .gzip: "unpack it with 'gunzip'"
    case .bzip2: "unpack it with 'bunzip2'"
    case .xz: "unpack it with 'unxz'"
    case .zstandard: "unpack it with 'unzstd'"
    case .zip: "unpack it with 'unzip'"
    case .tar: "unpack it with 'tar -xf'"
    case .html, .xml: "a download may have failed; check the file"
    case .gitLFSPointer: "fetch the file itself with 'git lfs pull'"
    case .safetensors: "pass a model with --model"
    case .pytorch, .onnx, .tensorFlow, .tflite, .gguf, .hdf5, .numpy: "give a PNG, JPEG or PNM"
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func holds(_ signature: some Collection<UInt8>, at offset: Int = 0) -> Bool {
    count >= offset + signature.count && self[offset...].starts(with: signature)
  }

  fileprivate func holds(_ text: String, at offset: Int) -> Bool { holds(text.utf8, at: offset) }

  fileprivate func contains(_ text: String) -> Bool { indices.contains { holds(text, at: $0) } }

  fileprivate var riff: ForeignFormat? {
    guard holds("RIFF", at: 0) else { return nil }
    return holds("WEBP", at: 8) ? .webp : holds("AVI ", at: 8) ? .avi : nil
  }

  /// ISO 14496-12: a box `ftyp` of a major brand, a version, and compatible brands.
  fileprivate var isoMedia: ForeignFormat? {
    guard count >= 12 else { return nil }
    if ["moov", "mdat", "wide"].contains(where: { holds($0, at: 4) }) { return .mp4 }
    guard holds("ftyp", at: 4) else { return nil }
    if holds("crx ", at: 8) { return .rawPhotograph }
    let end = Swift.min(count, self[..<4].reduce(0) { $0 << 8 | Int($1) })
    let brands = stride(from: 8, to: Swift.max(end - 3, 9), by: 4)
    if brands.contains(where: { holds("avif", at: $0) || holds("avis", at: $0) }) { return .avif }
    let isStill = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].contains { holds($0, at: 8) }
    return isStill ? .heic : .mp4
  }

  fileprivate var bitmap: ForeignFormat? {
    guard holds("BM", at: 0), count >= 18, self[6..<10].allSatisfy({ $0 == 0 }) else { return nil }
    return [12, 40, 52, 56, 64, 108, 124].contains(self[14]) && self[15..<18].allSatisfy { $0 == 0 } ? .bmp : nil
  }

  fileprivate var zipped: ForeignFormat? {
    guard holds([0x50, 0x4B, 3, 4]) else { return nil }
    return contains("/data.pkl") ? .pytorch : .zip
  }

  fileprivate var text: ForeignFormat? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = self[(holds(mark) ? mark.count : 0)...].drop(while: isSpace)
    func begins(_ word: String) -> Bool {
      text.count >= word.utf8.count && zip(text, word.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
    guard text.first == UInt8(ascii: "<") else { return nil }
    if begins("<!doctype html") || begins("<html") || begins("<head") || begins("<body") { return .html }
    if begins("<svg") || begins("<!doctype svg") { return .svg }
    guard begins("<?xml") || begins("<!--") else { return nil }
    return contains("<svg") ? .svg : contains("<html") ? .html : .xml
  }

  fileprivate var model: ForeignFormat? {
    guard count > 8 else { return nil }
    // A length of eight bytes, and JSON.
    if self[8] == UInt8(ascii: "{"), self[4..<8].allSatisfy({ $0 == 0 }), self[..<4].contains(where: { $0 > 0 }) {
      return .safetensors
    }
    // A pickle: its protocol, and a frame, a number, a dictionary or a class.
    if self[0] == 0x80, (2...5).contains(self[1]), [0x95, 0x8A, 0x7D, 0x63].contains(self[2]) { return .pytorch }
    if isTensorFlow { return .tensorFlow }
    // A protocol buffer: the version of the representation, then the name of who wrote it.
    guard self[0] == 8, (1...32).contains(self[1]), self[2] == 0x12, (1...64).contains(self[3]) else { return nil }
    let producer = self[4...].prefix(Int(self[3]))
    return producer.allSatisfy { (0x20..<0x7F).contains($0) } ? .onnx : nil
  }

  /// A protocol buffer of TensorFlow: a SavedModel, which is a version and a graph with facts about it, or a frozen graph, which
  /// is nodes, each with its name and its operator's.
  private var isTensorFlow: Bool {
    if self[0] == 8, self[1] == 1, self[2] == 0x12, let graph = length(at: 3) { return holds([0x0A], at: graph.end) }
    guard self[0] == 0x0A, let node = length(at: 1), let name = word(at: node.end, field: 0x0A) else { return false }
    return word(at: name, field: 0x12) != nil
  }

  /// The number at `offset`, seven bits a byte, and where it ends.
  private func length(at offset: Int) -> (value: Int, end: Int)? {
    var (value, index) = (0, offset)
    while index < count, index < offset + 5 {
      value |= Int(self[index] & 0x7F) << (7 * (index - offset))
      index += 1
      if self[index - 1] < 0x80 { return (value, index) }
    }
    return nil
  }

  /// Where a field of printable characters ends; nil where there is none.
  private func word(at offset: Int, field: UInt8) -> Int? {
    guard offset < count, self[offset] == field, let length = length(at: offset + 1) else { return nil }
    let end = length.end + length.value
    guard length.value > 0, end <= count else { return nil }
    return self[length.end..<end].allSatisfy { (0x21..<0x7F).contains($0) } ? end : nil
  }
}
