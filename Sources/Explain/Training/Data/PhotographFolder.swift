import Glibc

/// The photographs of a folder and of the folders in it, by their names' extensions.
public enum PhotographFolder {
  private static let extensions: Set<String> = ["jpg", "jpeg", "png", "ppm", "pgm", "pnm"]

  /// Paths, sorted.
  ///
  /// - Throws: if the folder or one below it cannot be read.
  public static func paths(in folder: String) throws(FileError) -> [String] {
    var found: [String] = []
    try collect(folder, &found)
    return found.sorted()
  }

  private static func collect(_ folder: String, _ found: inout [String]) throws(FileError) {
    guard let handle = opendir(folder.cPath) else { throw .last("opendir") }
    defer { closedir(handle) }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cPath: $0) }
      }
      if name.hasPrefix(".") { continue }
      let path = folder.appending(name)
      var status = stat()
      guard stat(path.cPath, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try collect(path, &found)
      } else if let dot = name.lastIndex(of: "."), extensions.contains(name[name.index(after: dot)...].lowercased()) {
        found.append(path)
      }
    }
  }
}
