import Kernels

/// The gradient of a class's logit by the image: the whole classifier forward and back in Float.
final class ImageGradients {
  private let pass: BackbonePass
  private let context: ExecutionContext
  private let output: String
  private let classes: Int
  private let count: Int

  init(_ session: Session) throws(MethodError) {
    let model = session.model
    (context, output, classes) = (session.context, model.description.graph.output, model.description.classes)
    count = model.description.preprocessing.inputCount
    do throws(EngineError) { pass = try BackbonePass(session, images: 1) } catch { throw .engine(error) }
  }

  /// Logits of a normalised image `[height, width, channels]`, `[classes]`.
  func logits(_ image: [Float]) -> [Float] {
    pass.input.update(from: image, count: count)
    context.withFlushedDenormals { pass.forward() }
    return Array(UnsafeBufferPointer(start: pass.output(output), count: classes))
  }

  /// The gradient of one class's logit by a normalised image, of its shape.
  func gradient(of classIndex: Int, at image: [Float]) -> [Float] {
    _ = logits(image)
    pass.logitsGradient.update(repeating: 0, count: classes)
    pass.logitsGradient[classIndex] = 1
    context.withFlushedDenormals { pass.backward() }
    return Array(UnsafeBufferPointer(start: pass.inputGradient, count: count))
  }

  /// Maps of the image's size for the chosen classes.
  ///
  /// - Parameters:
  ///   - gradients: how many each map takes.
  ///   - map: the values of one class, of a normalised image.
  func explanation(
    of input: MethodInput, classes: ([Float]) -> [Int], gradients: Int,
    _ map: (_ image: [Float], _ classIndex: Int) -> [Float]
  ) -> Explanation {
    var clock = ExplanationClock()
    let logits = logits(input.values)
    clock.endForward()
    let maps = classes(logits).map {
      ClassMap(
        classIndex: $0, height: input.crop.height, width: input.crop.width, values: map(input.values, $0))
    }
    let passes = maps.count * gradients
    return clock.explanation(logits: logits, maps: maps, passes: PassCount(forward: 1 + passes, backward: passes))
  }
}
