/// What a stream holds besides sound pictures without being damaged.
public enum StreamFiller: String, Sendable, CaseIterable {
  /// White space, zero bytes and JPEG's fill bytes; counted in bytes.
  case padding
  /// End markers behind a JPEG that has ended.
  case endMarkers
  /// Boundaries and header lines of HTTP's multipart bodies.
  case headerLines
  /// Chunk headers, sound and indices of AVI.
  case chunks
  /// The films of motion photographs.
  case films
  /// Pictures that belong to the one before them: gain maps, previews, the other eye.
  case embeddedPictures
  /// JPEGs without an end marker, which are answered all the same.
  case openEnds

  /// The kind for people, behind a number.
  public func phrase(_ count: Int) -> String {
    let one = count == 1
    return switch self {
    case .padding: "\(count) byte\(one ? "" : "s") of padding"
    case .endMarkers: "\(count) further end marker\(one ? "" : "s")"
    case .headerLines: "\(count) line\(one ? "" : "s") of HTTP headers"
    case .chunks: "\(count) AVI chunk\(one ? "" : "s")"
    case .films: "\(count) film\(one ? "" : "s") of motion photographs"
    case .embeddedPictures: "\(count) picture\(one ? "" : "s") embedded in another"
    case .openEnds: "\(count) JPEG\(one ? "" : "s") without an end marker"
    }
  }
}
