import Kernels

/// Divides photographs into parts that are held out in turn.
///
/// Neighbours in the list that show nearly the same, as frames of one film do, stay together: a photograph whose neighbour was
/// taught would be no test. Where that leaves a class fewer rows of neighbours than there are parts, the longest are cut, which
/// `cutClasses` tells.
struct TeachingSplit {
  /// The part of each photograph, 0 ..< `parts`.
  private(set) var parts: [Int]
  /// The row of neighbours of each photograph.
  private(set) var groups: [Int]
  private(set) var groupCount = 0
  /// Classes of which a row of neighbours was cut.
  private(set) var cutClasses: Set<Int> = []

  /// Photographs whose features, centred, have a greater cosine are near-duplicates. With EfficientNet-Lite0, random crops and
  /// mirror images of one photograph have 0.93 (0.87 to 0.97), different ones of a class in Imagenette 0.8 at most.
  static let duplicateCosine = 0.85

  /// - Parameters:
  ///   - classes: a number for each photograph: those of one are divided evenly.
  ///   - isNear: whether photographs are near-duplicates.
  init(classes: [Int], names: [String], parts count: Int, seed: Int, isNear: (Int, Int) -> Bool) {
    (parts, groups) = (classes.map { _ in 0 }, classes.map { _ in 0 })
    var offset = 0
    for label in Set(classes).sorted() {
      let members = classes.indices.filter { classes[$0] == label }
      var rows: [ArraySlice<Int>] = []
      var first = members.startIndex
      for place in members.indices.dropFirst() where !isNear(members[place - 1], members[place]) {
        rows.append(members[first..<place])
        first = place
      }
      rows.append(members[first...])
      while rows.count < count, let longest = rows.indices.max(by: { rows[$0].count < rows[$1].count }),
        rows[longest].count > 1
      {
        let row = rows[longest]
        let middle = row.startIndex + row.count / 2
        rows[longest] = row[..<middle]
        rows.insert(row[middle...], at: longest + 1)
        cutClasses.insert(label)
      }
      // By hash, so that the order of names has no part in it.
      let keyed = rows.map { row in (hash: Self.hash(names[row[row.startIndex]], seed), row: row) }
      let order = keyed.sorted { ($0.hash, $0.row.startIndex) < ($1.hash, $1.row.startIndex) }
      for (index, (_, row)) in order.enumerated() {
        for member in row { (parts[member], groups[member]) = ((offset + index) % count, groupCount) }
        groupCount += 1
      }
      offset += order.count
    }
  }

  private static func hash(_ name: String, _ seed: Int) -> UInt64 {
    var hash = FNV1a()
    hash.add(name.pathBytes)
    var generator = SplitMix64(seed, Int(truncatingIfNeeded: hash.value))
    return generator.next()
  }
}
