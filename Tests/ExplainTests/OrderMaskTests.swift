import Foundation
import Testing

@testable import Explain

@Suite struct OrderMaskTests {
  /// Without neighbours closer than the test's steps, so that no order changes.
  private let map: [Float] = [0.3, -1.2, 0.9, 2.4, -0.5, 1.7, 0.05, -2]
  private let weights: [Float] = [0.7, -1.1, 0.4, 0.9, -0.3, 1.3, -0.8, 0.6]

  /// The pixel on the threshold counts half.
  @Test func keepsTheHighest() {
    let values = OrderMask(map[...], share: 0.4375, softness: 0.05, removes: false).values
    for i in [2, 3, 5] { #expect(values[i] > 0.97) }
    for i in [1, 4, 6, 7] { #expect(values[i] < 0.03) }
    #expect(abs(values[0] - 0.5) < 0.05)
  }

  @Test(arguments: [Float(0.05), 0.3, 0.9], [Float(0.1), 0.5, 1.5])
  func keepsItsShare(_ share: Float, softness: Float) {
    let values = OrderMask(map[...], share: share, softness: softness, removes: false).values
    #expect(abs(values.reduce(0, +) / 8 - share) < 1e-5)
    let ascending = map.indices.sorted { map[$0] < map[$1] }
    for (lower, higher) in zip(ascending, ascending.dropFirst()) { #expect(values[lower] <= values[higher]) }
  }

  @Test func removesWhatItWouldKeep() {
    let kept = OrderMask(map[...], share: 0.4, softness: 0.15, removes: false).values
    let left = OrderMask(map[...], share: 0.4, softness: 0.15, removes: true).values
    for i in map.indices { #expect(abs(kept[i] + left[i] - 1) < 1e-6) }
  }

  /// A slice's first pixel has another index.
  @Test func aPartOfManyMapsIsAMapOfItsOwn() {
    let part = OrderMask(([9, 9] + map)[2...], share: 0.4, softness: 0.15, removes: false)
    #expect(part.values == OrderMask(map[...], share: 0.4, softness: 0.15, removes: false).values)
    #expect(part.gradient(weights) == OrderMask(map[...], share: 0.4, softness: 0.15, removes: false).gradient(weights))
  }

  @Test(arguments: [Float(0.01), 0.5, 0.999]) func flatMapsStayFinite(_ share: Float) {
    let flat = OrderMask([Float](repeating: 3, count: 8)[...], share: share, softness: 0.15, removes: false)
    #expect(flat.values.allSatisfy { abs($0 - share) < 1e-5 })
    #expect(flat.gradient(weights).allSatisfy { $0.isFinite })
  }

  @Test(arguments: [Float(0.05), 0.3, 0.9], [false, true])
  func gradientEqualsFiniteDifferences(_ share: Float, removes: Bool) {
    expectDifferences(map, weights, step: 3e-3) { OrderMask($0, share: share, softness: 0.15, removes: removes) }
  }

  /// A monotone curve may change gaps, a shift or a stretch nothing: the gradient does not ask for it.
  @Test(arguments: [false, true]) func neitherShiftsNorStretches(removes: Bool) {
    expectNeitherShiftNorStretch(map, weights, OrderMask(map[...], share: 0.4, softness: 0.15, removes: removes))
  }
}

@Suite struct ConfidenceLossTests {
  private let logits: [Float] = [1.5, -0.3, 0.8, 2.2]

  @Test(arguments: [OutputFunction.softmax, .sigmoid], [false, true])
  func isTheProbability(_ outputs: OutputFunction, isAbsent: Bool) {
    func evaluate(_ logits: [Float], label: Int) -> (loss: Double, gradient: [Float]) {
      var gradient = [Float](repeating: 9, count: logits.count)
      let loss = ConfidenceLoss(outputs: outputs, isAbsent: isAbsent).evaluate(
        logits, count: logits.count, label: label, scale: 2, gradient: &gradient)
      return (loss, gradient)
    }
    let exponentials = logits.map { exp(Double($0)) }
    for label in logits.indices {
      let sum = outputs == .softmax ? exponentials.reduce(0, +) : 1 + exponentials[label]
      let probability = exponentials[label] / sum
      let (loss, gradient) = evaluate(logits, label: label)
      #expect(abs(loss - (isAbsent ? probability : 1 - probability)) < 1e-6)
      for i in logits.indices {
        var (above, below) = (logits, logits)
        above[i] += 1e-2
        below[i] -= 1e-2
        let difference = 2 * (evaluate(above, label: label).loss - evaluate(below, label: label).loss) / 0.02
        #expect(abs(difference - Double(gradient[i])) < 1e-3)
      }
    }
  }
}
