import Kernels

/// One batch of random views, and the images that could not be read on the way.
struct LoadedBatch: Sendable {
  /// `[images, height, width, 3]` levels.
  var crops: [UInt8]
  var paths: [String]
  /// What is wrong with each image that was left out, by its path.
  var skipped: [(path: String, reason: String)]
  /// The images that are nearly black because their samples end far below the maximum, by their paths.
  var faint: [(path: String, depth: SampleDepth)]
}

/// Reads, decodes and crops batches, one ahead of the arithmetic.
///
/// Which images make a batch depends on the seed and the step alone. An image that cannot be read is replaced by the next one of
/// the epoch that can.
final class BatchLoader {
  private let paths: [String]
  private let batch: Int
  private let seed: Int
  private let decoding: DecodingOptions
  private let augmentation: Augmentation
  private var ahead: (step: Int, work: BackgroundWork<LoadedBatch?>)?
  private var order: (epoch: Int, images: [Int]) = (-1, [])

  init(paths: [String], batch: Int, seed: Int, preprocessing: Preprocessing, decoding: DecodingOptions = .init()) {
    (self.paths, self.batch, self.seed, self.decoding) = (paths, batch, seed, decoding)
    augmentation = Augmentation(preprocessing: preprocessing)
  }

  var batchesPerEpoch: Int { paths.count / batch }

  /// The batch of a step; nil if hardly any image can be read. Starts to load the one of `next`.
  func load(step: Int, next: Int?) -> LoadedBatch? {
    let work = ahead?.step == step ? ahead?.work : nil
    let result = (work ?? start(step)).value()
    ahead = next.map { ($0, start($0)) }
    return result
  }

  private func start(_ step: Int) -> BackgroundWork<LoadedBatch?> {
    let (epoch, position) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
    if order.epoch != epoch {
      var generator = SplitMix64(seed, epoch)
      order = (epoch, generator.permutation(paths.count))
    }
    let (order, paths, batch, seed, augmentation) = (order.images, paths, batch, seed, augmentation)
    let decoding = decoding
    return BackgroundWork {
      Self.read(order, from: position * batch, count: batch, paths, decoding) { index, image in
        augmentation.view(of: image, SplitMix64(seed, epoch, index))
      }
    }
  }

  private static func read(
    _ order: [Int], from first: Int, count: Int, _ paths: [String], _ decoding: DecodingOptions,
    _ view: (Int, Image) -> [UInt8]
  ) -> LoadedBatch? {
    var batch = LoadedBatch(crops: [], paths: [], skipped: [], faint: [])
    var taken = 0
    // Replacements come from behind the batch, and from the epoch's start where it ends.
    var spare = first + count
    for place in first..<first + count {
      var position = place
      while true {
        let index = order[position % order.count]
        do {
          let image = try Self.image(paths[index], decoding)
          batch.crops += view(index, image.image)
          if let depth = image.faintDepth(decoding) { batch.faint.append((paths[index], depth)) }
          batch.paths.append(paths[index])
          break
        } catch {
          batch.skipped.append((paths[index], "\(error)"))
        }
        taken += 1
        if taken > order.count { return nil }
        position = spare
        spare += 1
      }
    }
    return batch
  }

  private static func image(_ path: String, _ decoding: DecodingOptions) throws -> DecodedImage {
    let file = try MappedFile(path: path)
    return try DecodedImage([UInt8](file.bytes), decoding)
  }
}
