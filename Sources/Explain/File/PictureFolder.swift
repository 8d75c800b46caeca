import Glibc

/// The pictures of a folder and of the folders in it, by the endings of their names; links are followed, and each file and
/// folder is taken once.
public struct PictureFolder: Sendable {
  /// Why something in the folder is not among its pictures.
  public enum Reason: String, Sendable, CaseIterable {
    case hidden
    case otherEnding = "other extensions"
    case empty
    case duplicate = "duplicates"
    case brokenLink = "broken links"
    /// Devices, pipes and sockets, which could make a reader wait for ever.
    case irregular = "not regular files"
    /// Pictures of this program; who knows them says so by `leaveOut`.
    case explanation = "explanations"
  }

  /// What the names of pictures end in, whatever the case of the letters.
  public static let endings: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "mpo", "png", "pbm", "pgm", "ppm", "pnm", "pam",
  ]

  /// Paths, sorted by their bytes.
  public private(set) var paths: [String] = []
  /// How many things were left out, for each reason.
  public private(set) var skipped: [Reason: Int] = [:]
  /// Folders below this one that cannot be read.
  public private(set) var unreadable: [(path: String, error: FileError)] = []

  /// - Throws: if the folder itself cannot be read.
  public init(_ folder: String) throws(FileError) {
    var candidates: [Candidate] = []
    var visited: Set<FileStatus.Identity> = []
    // Links to folders come last, so that a folder is found under its own name.
    var (folders, linked) = ([folder], [String]())
    while let next = folders.popLast() ?? (linked.isEmpty ? nil : linked.removeFirst()) {
      do throws(FileError) {
        guard visited.insert(try Entry(next).target.identity).inserted else {
          skipped[.duplicate, default: 0] += 1
          continue
        }
        let names = try Self.names(in: next)
        for name in names.reversed() { look(at: next.appending(name), &folders, &linked, &candidates) }
      } catch {
        if visited.count <= 1, next == folder { throw error }
        unreadable.append((next, error))
      }
    }
    keep(candidates)
    unreadable.sort { $0.path.pathBytes.lexicographicallyPrecedes($1.path.pathBytes) }
  }

  private mutating func look(
    at path: String, _ folders: inout [String], _ linked: inout [String], _ candidates: inout [Candidate]
  ) {
    let reason: Reason
    if fileName(path).utf8.first == UInt8(ascii: ".") {
      reason = .hidden
    } else if let entry = try? Entry(path) {
      if entry.target.isFolder {
        if entry.isLink { linked.append(path) } else { folders.append(path) }
        return
      }
      if !(fileExtension(path).map(Self.endings.contains) ?? false) {
        reason = .otherEnding
      } else if !entry.target.isRegular {
        reason = .irregular
      } else if entry.target.bytes == 0 {
        reason = .empty
      } else {
        candidates.append(Candidate(path: path, bytes: path.pathBytes, entry: entry))
        return
      }
    } else {
      reason = .brokenLink
    }
    skipped[reason, default: 0] += 1
  }

  /// Keeps each file once, under a name of its own rather than a link's.
  private mutating func keep(_ candidates: [Candidate]) {
    func comesBefore(_ a: Candidate, _ b: Candidate) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
    let sorted = candidates.sorted(by: comesBefore)
    var found: Set<FileStatus.Identity> = []
    let kept = (sorted.filter { !$0.entry.isLink } + sorted.filter(\.entry.isLink)).filter {
      found.insert($0.entry.target.identity).inserted
    }
    if kept.count < candidates.count { skipped[.duplicate, default: 0] += candidates.count - kept.count }
    paths = kept.sorted(by: comesBefore).map(\.path)
  }

  /// Leaves out more pictures.
  public mutating func leaveOut(_ reason: Reason, where isLeftOut: (String) -> Bool) {
    let count = paths.count
    paths.removeAll(where: isLeftOut)
    if paths.count < count { skipped[reason, default: 0] += count - paths.count }
  }

  /// What was left out, in words: `hidden: 3, empty: 2`; nil where nothing was.
  public var omissions: String? {
    let parts = Reason.allCases.compactMap { reason in skipped[reason].map { "\(reason.rawValue): \($0)" } }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// The names in a folder, sorted by their bytes.
  private static func names(in folder: String) throws(FileError) -> [String] {
    guard let handle = opendir(folder.cPath) else { throw .last("opendir") }
    defer { closedir(handle) }
    var names: [(name: String, bytes: [UInt8])] = []
    errno = 0
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cPath: $0) }
      }
      if name != ".", name != ".." { names.append((name, name.pathBytes)) }
      errno = 0
    }
    guard errno == 0 else { throw .last("readdir") }
    return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.name)
  }

  /// A file or folder, links followed.
  private struct Entry {
    let isLink: Bool
    let target: FileStatus

    init(_ path: String) throws(FileError) {
      var status = stat()
      guard lstat(path.cPath, &status) == 0 else { throw .last("lstat") }
      isLink = status.st_mode & S_IFMT == S_IFLNK
      guard !isLink || stat(path.cPath, &status) == 0 else { throw .last("stat") }
      target = FileStatus(status)
    }
  }

  private struct Candidate {
    let path: String
    let bytes: [UInt8]
    let entry: Entry
  }
}
