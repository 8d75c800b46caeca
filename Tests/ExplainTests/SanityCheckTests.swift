import Explain
import Kernels
import Testing

/// Checks after J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018: a map that explains a classifier changes
/// with what the classifier has learnt, and a map of one class is not that of another.
@Suite(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) struct SanityCheckTests {
  /// Methods whose maps follow what the classifier has learnt.
  private static let sensitive: [MethodName] = [.ttame, .cam, .gradCAM, .ablationCAM, .rise]
  /// Positive gradients and positive features sum up to where the features are, whatever the class: measured here, and known.
  private static let insensitive: [MethodName] = [.gradCAMPlusPlus, .layerCAM]

  /// The bundled model with the weights of some 1 x 1 layers shuffled over their input channels.
  ///
  /// Within the 64 groups of 4 that are summed as one block, so that column sums, and the distribution of weights, stay.
  private func shuffled(_ layers: [String], in folder: TemporaryFolder) throws -> Session {
    let model = try Model(path: Fixtures.bundledModel)
    var bytes = try fileBytes(Fixtures.bundledModel)
    var generator = SplitMix64(state: 7)
    let groupBytes = 64
    for layer in layers {
      let entry = try #require(model.entries.first { $0.name == "\(layer).weight" })
      let groups = entry.shape[1]
      for panel in 0..<entry.shape[0] {
        for block in stride(from: 0, to: groups, by: 64) {
          let start = entry.byteRange.lowerBound + (panel * groups + block) * groupBytes
          let count = min(64, groups - block)
          for i in stride(from: count - 1, to: 0, by: -1) {
            let j = Int(generator.next() % UInt64(i + 1))
            for byte in 0..<groupBytes { bytes.swapAt(start + i * groupBytes + byte, start + j * groupBytes + byte) }
          }
        }
      }
    }
    return Session(model: try Model(path: try folder.write("shuffled", bytes)))
  }

  private func map(_ name: MethodName, _ session: Session, of classIndex: Int) throws -> [Float] {
    var options = MethodOptions()
    options.masks = 250
    let input = MethodInput(try Fixtures.crop("espresso", session), session.model.description.preprocessing)
    let map = try name.makeMethod(session, options).explain(input) { _ in [classIndex] }.maps[0]
    return SaliencyMap(map.normalized(), crop: 224).values
  }

  @Test(arguments: sensitive) func mapsChangeWithTheLastLayers(_ name: MethodName) throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let folder = try TemporaryFolder()
    let original = try map(name, session, of: 967)
    let last = try map(name, try shuffled(["classifier"], in: folder), of: 967)
    let both = try map(name, try shuffled(["classifier", "conv_head"], in: folder), of: 967)
    if name == .ttame {
      // A trained head reads features, and so does not know when only the linear layer behind them has changed.
      #expect(last == original)
    } else {
      #expect(correlation(original, last) < 0.85, "\(correlation(original, last))")
    }
    #expect(correlation(original, both) < 0.85, "\(correlation(original, both))")
  }

  /// The documentation says that these fail; where they do not any more, it has to change.
  @Test(arguments: insensitive) func mapsOfPositiveGradientsHardlyChange(_ name: MethodName) throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let folder = try TemporaryFolder()
    let original = try map(name, session, of: 967)
    let shuffled = try map(name, try shuffled(["classifier", "conv_head"], in: folder), of: 967)
    #expect(original != shuffled && correlation(original, shuffled) > 0.9)
    #expect(try correlation(original, map(name, session, of: 281)) > 0.9)
  }

  /// What knows nothing of the classifier fails the check, so that the check is one.
  @Test(arguments: [MethodName.centre, .random]) func mapsOfNoClassifierDoNotChange(_ name: MethodName) throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let folder = try TemporaryFolder()
    let original = try map(name, session, of: 967)
    #expect(try map(name, try shuffled(["classifier", "conv_head"], in: folder), of: 967) == original)
  }

  @Test(arguments: sensitive) func mapsOfClassesDiffer(_ name: MethodName) throws {
    let session = Session(model: try Model(path: Fixtures.bundledModel))
    let espresso = try map(name, session, of: 967)
    // A cat: not in the picture.
    let tabby = try map(name, session, of: 281)
    #expect(correlation(espresso, tabby) < 0.9, "\(correlation(espresso, tabby))")
  }
}
