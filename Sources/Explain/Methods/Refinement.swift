import Kernels

/// A method's maps, improved on the image that they explain: masks made from a map are tried on the classifier, and the gradient of what
/// they leave of the class moves the map.
///
/// The objective is that of `train --masks order`: soft thresholds at random shares, whose salient part must keep the class, or take the
/// class with it. Training puts it into the weights of the head; here it has the single image.
package final class Refinement: ExplanationMethod {
  private let base: any ExplanationMethod
  private let preprocessing: Preprocessing
  private let outputs: OutputFunction
  private let classes: Int
  private let usualFill: MaskFill
  private let context: ExecutionContext
  private let pass: MaskedPass
  private let grid: PixelSize
  private let steps, seed: Int
  private let progress: (Int, Int) -> Void

  /// Cells of a map's longer side, as the bundled head has them.
  private static let cells = 28
  /// Steps that the passes are spread over, as long as so many images fit in a pass.
  private static let usualSteps = 25
  private static let mostImages = 8
  /// A gradient is blurred by so many cells: neighbours matter together.
  private static let blur = (radius: 3, deviation: 1.0)
  /// Sets draws apart from those of training.
  private static let drawStream = -3

  /// - Parameters:
  ///   - base: makes the maps to start from.
  ///   - passes: forward and backward ones together, at least 2.
  /// - Throws: `MethodError.engine` if the passes do not fit into memory.
  package init(_ base: any ExplanationMethod, passes: Int, _ session: Session, _ options: MethodOptions)
    throws(MethodError)
  {
    let description = session.model.description
    (self.base, context, preprocessing, classes) = (
      base, session.context, description.preprocessing, description.classes
    )
    outputs = description.outputs == .sigmoid ? .sigmoid : .softmax
    usualFill = MaskFill(description.graph)
    let crop = preprocessing.crop
    let longer = max(crop.width, crop.height)
    grid = PixelSize(
      width: max(1, Self.cells * crop.width / longer), height: max(1, Self.cells * crop.height / longer))
    let pairs = max(1, passes / 2)
    let images = min(max(1, pairs / Self.usualSteps), Self.mostImages)
    (steps, seed, progress) = (pairs / images, options.seed, options.progress)
    do throws(EngineError) {
      pass = MaskedPass(try BackbonePass(session, images: images), masks: grid, description, context)
    } catch { throw .engine(error) }
  }

  package func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let clock = ContinuousClock()
    var explanation = try base.explain(input, classes: classes)
    let start = clock.now
    let backdrop = preprocessing.backdrop(of: input.crop)
    explanation.maps = context.withFlushedDenormals { explanation.maps.map { refined($0, input.crop, backdrop) } }
    explanation.head += start.duration(to: clock.now)
    let passes = explanation.maps.count * steps * pass.images
    explanation.passes.forward += passes
    explanation.passes.backward += passes
    return explanation
  }

  private func refined(_ map: ClassMap, _ crop: Image, _ backdrop: [Float]) -> ClassMap {
    var cells = [Float](repeating: 0, count: grid.count)
    context.bilinear(
      map.values, height: map.height, width: map.width, output: &cells, outputHeight: grid.height,
      outputWidth: grid.width)
    var descent = MapDescent(cells, steps: steps)
    for step in 0..<steps {
      let draws = (0..<pass.images).map {
        MaskForm.order.draw(
          image: step * pass.images + $0, usual: usualFill, SplitMix64(seed, Self.drawStream, step, $0))
      }
      let gradient = gradient(descent.map, draws, map.classIndex, crop, backdrop)
      descent.step(
        blurred(
          gradient, width: grid.width, height: grid.height, channels: 1, radius: Self.blur.radius,
          deviation: Self.blur.deviation))
      progress(step + 1, steps)
    }
    return ClassMap(classIndex: map.classIndex, height: grid.height, width: grid.width, values: descent.map)
  }

  /// The gradient of the drawn masks' mean loss by a map of the grid's size.
  private func gradient(
    _ map: [Float], _ draws: [MaskDraw], _ classIndex: Int, _ crop: Image, _ backdrop: [Float]
  ) -> [Float] {
    let orders = draws.compactMap { $0.mask(map[...]) }
    let views = zip(draws, orders).map { draw, order in
      MaskedPass.View(
        crop: crop.pixels[...], mask: order.values, fill: draw.fill,
        backdrop: draw.fill == .blurred ? backdrop : nil)
    }
    let ofOrders = pass.run(views) { i, logits, gradient in
      _ = ConfidenceLoss(outputs: outputs, isAbsent: draws[i].removes).evaluate(
        logits, count: classes, label: classIndex, scale: 1 / Double(draws.count), gradient: gradient)
    }
    var sum = [Float](repeating: 0, count: grid.count)
    for (order, ofOrder) in zip(orders, ofOrders) {
      for (cell, value) in order.gradient(ofOrder).enumerated() { sum[cell] += value }
    }
    return sum
  }
}
