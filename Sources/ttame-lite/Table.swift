/// Text in columns: numbers to the right, words to the left.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  /// - Parameter cells: as many as the header has.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// One line for each row, the header first.
  var text: String {
    let columns = rows[0].indices
    let widths = columns.map { column in rows.reduce(0) { max($0, $1[column].count) } }
    let isNumeric = columns.map { column in rows.dropFirst().allSatisfy { Self.isNumber($0[column]) } }
    return rows.map { row in
      let line = columns.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumeric[column] ? padding + row[column] : row[column] + padding
      }
      let text = line.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  private static func isNumber(_ cell: String) -> Bool {
    guard let first = cell.first else { return false }
    return first.isNumber || first == "+" || first == "-"
  }
}

/// A number as a table shows it: three significant digits.
func number(_ value: Double) -> String {
  switch value {
  case 0: "0"
  case 100...: value.fixed(0)
  case 10...: value.fixed(1)
  case 1...: value.fixed(2)
  case 0.1...: value.fixed(3)
  default: value.fixed(4)
  }
}

/// Bytes as a table shows them.
func byteSize(_ bytes: Int) -> String {
  bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
}
