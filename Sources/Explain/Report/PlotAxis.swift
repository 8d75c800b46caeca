import Glibc

/// An axis of a plot: from which value to which, and where it is marked.
package struct PlotAxis: Sendable {
  let title: String
  package let range: ClosedRange<Double>
  package let ticks: [Double]
  let isLogarithmic: Bool

  /// Values in steps of 1, 2 or 5 times a power of ten; the range ends on steps.
  package init(_ title: String, covering values: [Double]) {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    // Equal values have no extent of their own.
    let extent = high > low ? high - low : max(abs(high) / 10, 1e-3)
    let power = pow(10, floor(log10(extent / 5)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { extent / $0 <= 5 } ?? extent
    let from = Int(floor(low / step))
    let through = max(Int(ceil(high / step)), from + 1)
    self.title = title
    ticks = (from...through).map { Double($0) * step }
    range = Double(from) * step...Double(through) * step
    isLogarithmic = false
  }

  /// Powers of ten, or 1, 2 and 5 times them, or all whole times them, where the values span little; there is room beyond the first and the last value.
  package init(_ title: String, logarithmicCovering values: [Double]) {
    let (low, high) = ((values.min() ?? 1) / 1.3, (values.max() ?? 1) * 1.3)
    let exponents = Int(floor(log10(low)))...Int(ceil(log10(high)))
    let mantissas: [Double] = high / low < 10 ? (1...9).map(Double.init) : high / low < 100 ? [1, 2, 5] : [1]
    self.title = title
    ticks = exponents.flatMap { exponent in mantissas.map { $0 * pow(10, Double(exponent)) } }
      .filter { (low...high).contains($0) }
    range = low...high
    isLogarithmic = true
  }

  /// How far along the axis a value lies, 0...1.
  package func position(_ value: Double) -> Double {
    func scaled(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
    return (scaled(value) - scaled(range.lowerBound)) / (scaled(range.upperBound) - scaled(range.lowerBound))
  }

  /// A tick's value as it is written; powers of ten may miss by the last bit.
  package static func label(_ tick: Double) -> String {
    let rounded = (tick * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))" : "\(rounded)"
  }
}
