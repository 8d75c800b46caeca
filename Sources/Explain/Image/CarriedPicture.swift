/// The first picture of a file that carries pictures, as the body of an HTTP camera's answer and an AVI in motion JPEG do.
///
/// - Returns: the picture and whether others follow; nil where the bytes are no such file.
/// - Throws: what is wrong with that picture.
func firstCarriedPicture(
  _ bytes: [UInt8], _ options: DecodingOptions
) throws(ImageError) -> (picture: [UInt8], isFollowed: Bool)? {
  var rest = bytes[...]
  var reader = ImageStreamReader(options) { buffer in
    let part = rest.prefix(buffer.count)
    buffer.copyBytes(from: part)
    rest = rest.dropFirst(part.count)
    return part.count
  }
  do {
    guard let picture = try reader.next(), reader.isCarrier else { return nil }
    // A damaged one counts too.
    let isLast = (try? reader.next() == nil) ?? false
    return (picture, !isLast)
  } catch let error as ImageError {
    switch error {
    case .unrecognized, .foreign: return nil
    default: if reader.isCarrier { throw error }
    }
  } catch {}
  return nil
}

extension ImageStreamReader {
  /// Whether there have been headers or chunks of what carries pictures.
  fileprivate var isCarrier: Bool { fillers[.headerLines] != nil || fillers[.chunks] != nil }
}

/// Whether another JPEG follows one, as in a film, that does not belong to it.
///
/// - Parameters:
///   - length: of the first one, with which `bytes` begin.
///   - others: the pictures that belong to it, by offset.
func isFollowed(_ bytes: Span<UInt8>, length: Int, others: [(offset: Int, length: Int)]) -> Bool {
  var next = length
  while next < bytes.count {
    if bytes.holds([0xFF, 0xD9], at: next) {
      next += 2
    } else if bytes[next] == 0 || isSpace(bytes[next]) || bytes.holds([0xFF, 0xFF], at: next) {
      next += 1
    } else {
      break
    }
  }
  return next + 3 < bytes.count && bytes.holds([0xFF, 0xD8, 0xFF], at: next) && !others.contains { $0.offset == next }
}
