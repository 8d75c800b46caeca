import Glibc

/// The absolute path without links; nil, with `errno` set, where there is no such file.
func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path.cPath, nil) else { return nil }
  defer { free(resolved) }
  return String(cPath: resolved)
}

extension String {
  /// Whether this path is in a folder, or below it; both without links.
  func isBelow(_ folder: String) -> Bool {
    let (path, folder) = (pathBytes, folder.pathBytes)
    guard path.starts(with: folder) else { return false }
    return folder == [UInt8(ascii: "/")] || path.dropFirst(folder.count).first == UInt8(ascii: "/")
  }
}
