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
    switch self {
    case .padding: "\(counted(count, "byte")) of padding"
    case .endMarkers: counted(count, "extra end marker")
    case .headerLines: "\(counted(count, "line")) of HTTP headers"
    case .chunks: counted(count, "AVI chunk")
    case .films: "\(counted(count, "video")) of motion photos"
    case .embeddedPictures: "\(counted(count, "image")) embedded in another"
    case .openEnds: "\(counted(count, "JPEG")) without an end marker"
    }
  }
}
