@testable import Explain
import Kernels

/// A model that is little work to run.
struct SmallModel {
  private let model: Model

  private static let photo = Image(
    width: 9, height: 7, pixels: (0..<9 * 7 * 3).map { UInt8(truncatingIfNeeded: $0 * 89) })

  /// Multiplications, and elements of all tensors together.
  private static let limits = (work: 1 << 22, elements: 1 << 18)

  /// Nil where the model is none.
  init?(_ model: Model) {
    var (work, elements) = (0, model.description.graph.inputShape.count)
    for node in model.description.graph.nodes {
      guard let output = model.shapes[node.name] else { return nil }
      elements += output.count
      work += node.op.work(node.inputs.compactMap { model.shapes[$0] }, output)
    }
    guard work <= Self.limits.work, elements <= Self.limits.elements else { return nil }
    self.model = model
  }

  /// Explains a picture, which gives finite numbers or an error of one line.
  func explain(_ tier: CPUTier) {
    let preprocessing = model.description.preprocessing
    let input = MethodInput(preprocessing.crop(Self.photo).image, preprocessing)
    let session = Session(model: model, tier: tier, threads: 1)
    do throws(EngineError) {
      let explanation = try session.explain(input.values) { logits in [logits.count - 1] }
      require(explanation.logits.allSatisfy(\.isFinite), "logits are finite")
      let saliency = SaliencyMap(explanation.maps[0].normalized(), crop: preprocessing.crop)
      require(saliency.values.allSatisfy { (0...1).contains($0) }, "saliency is in 0...1")
    } catch .noHead {
      _ = try? session.classify(input.values)
    } catch .outOfMemory(let bytes) {
      fatalError("broken promise: a small model takes little memory, not \(bytes) bytes")
    } catch {
      requireText(error)
    }
  }
}

/// Every tier has its turn, and each input always the same one.
func hash(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } }
