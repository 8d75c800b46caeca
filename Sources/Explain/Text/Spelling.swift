/// Which candidates a few typing errors turn into what was written, nearest first.
///
/// - Parameters:
///   - text: what was written.
///   - candidates: the spellings of each candidate; the nearest one counts.
/// - Returns: positions in `candidates`.
public func nearMisses(of text: String, among candidates: [[String]]) -> [Int] {
  let tolerance = max(text.count / 3, 1)
  return candidates.indices
    .map { index in (index, candidates[index].map { editDistance($0, text) }.min() ?? .max) }
    .filter { $0.1 <= tolerance }
    .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    .map(\.0)
}

/// The name that was probably meant: the shortest that begins with three letters or more that were written, or else one that
/// is a few typing errors away.
///
/// Neither the case of letters counts nor hyphens, underscores and blanks.
public func nearMiss(of text: String, among names: [String]) -> String? {
  let written = text.foldedName
  guard !written.isEmpty else { return nil }
  let folded = names.map(\.foldedName)
  if written.count >= 3, let shortest = folded.filter({ $0.hasPrefix(written) }).min(by: { $0.count < $1.count }) {
    return folded.firstIndex(of: shortest).map { names[$0] }
  }
  return nearMisses(of: written, among: folded.map { [$0] }).first.map { names[$0] }
}

extension String {
  /// This name in small letters, without hyphens, underscores and blanks: `Grad-CAM` and `gradcam` are one name.
  public var foldedName: String { lowercased().filter { !"-_ \t".contains($0) } }
}

/// Letters to insert, delete or replace, and neighbours to swap, that turn one text into the other (Damerau and Levenshtein,
/// no letter edited twice).
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.unicodeScalars), Array(b.unicodeScalars))
  var previous: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1] + row.dropFirst()
    for j in b.indices {
      next[j + 1] = min(row[j] + (a[i] == b[j] ? 0 : 1), next[j] + 1, row[j + 1] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { next[j + 1] = min(next[j + 1], previous[j - 1] + 1) }
    }
    (previous, row) = (row, next)
  }
  return row[b.count]
}
