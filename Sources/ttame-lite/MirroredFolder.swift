import Explain
import Glibc

/// The folder of an input as `--tree` mirrors it below another folder: without `.` and `..`, and never outside of that.
///
/// `x/p.jpg` and `./x/p.jpg` give `x`, `/data/x/p.jpg` gives `data/x`; a path that leaves the current folder, as
/// `../x/p.jpg` does, counts from the root.
func mirroredFolder(of path: String) -> String {
  var parts: [String] = []
  for part in (parentFolder(path) ?? "").utf8.split(separator: UInt8(ascii: "/")).map({ String(Substring($0)) }) {
    if part == "." { continue }
    if part != ".." {
      parts.append(part)
    } else if !parts.isEmpty {
      parts.removeLast()
    } else if !path.hasPrefix("/"), let current = currentFolder() {
      return mirroredFolder(of: current.appending(path))
    }
  }
  return parts.joined(separator: "/")
}

private func currentFolder() -> String? {
  guard let folder = getcwd(nil, 0) else { return nil }
  defer { free(folder) }
  return String(cPath: folder)
}
