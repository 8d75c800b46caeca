/// The parts of paths, by their bytes: to a `Character` a slash with an accent behind it is no slash.
extension String {
  /// Most bytes of a name, in the file systems of Linux.
  public static let longestName = 255

  /// A path below this folder; an empty one is the current folder.
  public func appending(_ path: String) -> String {
    isEmpty ? path : utf8.last == UInt8(ascii: "/") ? self + path : self + "/" + path
  }

  /// This path with `suffix` behind its name, which gives way, character by character from its end, where the two together would
  /// be longer than file systems take.
  public func extended(by suffix: String) -> String {
    let start = utf8.lastIndex(of: UInt8(ascii: "/")).map(utf8.index(after:)) ?? startIndex
    let folder = self[..<start]
    let room = max(Self.longestName - suffix.pathBytes.count, 0)
    let bytes = String(self[start...]).pathBytes
    if bytes.count <= room { return self + suffix }
    // As text where it is text, so that no character loses half of its bytes.
    if let text = String(validating: bytes, as: UTF8.self) {
      return folder + String(pathBytes: text.cut(to: room, by: \.utf8.count).utf8) + suffix
    }
    return folder + String(self[start...]).cut(to: room, by: \.pathBytes.count) + suffix
  }

  /// As many of the first characters as fit; a letter with hundreds of accents is cut between them.
  private func cut(to limit: Int, by size: (String) -> Int) -> String {
    var text = self
    while size(text) > limit {
      if text.count > 1 { text.removeLast() } else { text.unicodeScalars.removeLast() }
    }
    return text
  }
}

/// The last part of a path.
public func fileName(_ path: String) -> String {
  path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
}

/// The last part of a path without its extension.
public func fileStem(_ path: String) -> String {
  let name = fileName(path)
  guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return name }
  return String(name[..<dot])
}

/// What follows the last dot of a path's name, in lower case; nil where there is none, or nothing before it.
public func fileExtension(_ path: String) -> String? {
  let name = fileName(path)
  guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return nil }
  return name[name.utf8.index(after: dot)...].lowercased()
}

/// The folder that holds a path; nil where the path names none.
public func parentFolder(_ path: String) -> String? {
  let bytes = path.utf8
  let trimmed =
    bytes.count > 1 && bytes.last == UInt8(ascii: "/") ? path[..<bytes.index(before: bytes.endIndex)] : path[...]
  guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
  return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}
