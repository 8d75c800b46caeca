// Einstein sums of two tensors: products of matrices, for all indices that both keep.

extension ONNXTranslator {
  static let einsumRules: [String: Rule] = [
    "Einsum": { translator, node throws(ImportError) in try translator.einsum(node) }
  ]

  private mutating func einsum(_ node: ONNXNode) throws(ImportError) {
    let equation = node.string("equation", "").filter { $0 != " " }
    let sides = equation.split(separator: ">", omittingEmptySubsequences: false)
    guard node.inputs.count == 2, sides.count == 2, sides[0].last == "-" else {
      throw unsupported(node, "only products of two tensors with a result that is written out are supported")
    }
    let terms = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let result = Array(sides[1])
    guard terms.count == 2, (terms + [result]).allSatisfy({ Set($0).count == $0.count && $0.allSatisfy(\.isLetter) })
    else { throw unsupported(node, "repeated indices and ... are not supported") }
    let (first, second) = try operandViews(node)
    guard first.dimensions.count == terms[0].count, second.dimensions.count == terms[1].count else {
      throw unsupported(node, "\(first.lengths) and \(second.lengths) have other dimensions")
    }
    var lengths: [Character: Int] = [:]
    for (letter, length) in zip(terms[0] + terms[1], first.lengths + second.lengths) {
      guard lengths[letter, default: length] == length else {
        throw unsupported(node, "\(first.lengths) and \(second.lengths) have no product")
      }
      lengths[letter] = length
    }
    let shared = terms[0].filter(terms[1].contains)
    let (pairs, depth) = (shared.filter(result.contains), shared.filter { !result.contains($0) })
    let rows = terms[0].filter { !shared.contains($0) }
    let columns = terms[1].filter { !shared.contains($0) }
    let order = pairs + rows + columns
    guard Set(order) == Set(result), !depth.isEmpty else {
      throw unsupported(node, "only products of two tensors with a result that is written out are supported")
    }
    func view(_ view: ONNXView, _ term: [Character], _ groups: [[Character]]) -> ONNXView {
      var grouped = view
      grouped.dimensions = groups.map { letters in
        letters.flatMap { letter in zip(term, view.dimensions).first { $0.0 == letter }?.1 ?? [] }
      }
      return grouped
    }
    let product = try product(
      view(first, terms[0], [pairs, rows, depth]), view(second, terms[1], [pairs, depth, columns]), for: node)
    guard let split = product.regrouped(order.map { lengths[$0, default: 1] }) else {
      throw unsupported(node, "the result \(result) is not supported")
    }
    var ordered = split
    ordered.dimensions = result.map { letter in zip(order, split.dimensions).first { $0.0 == letter }?.1 ?? [] }
    set(node.outputs[0], ordered)
  }
}
