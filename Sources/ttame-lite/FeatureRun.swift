import Explain
import Glibc

/// Computes the features of photographs, several at once.
struct FeatureRun {
  let source: FeatureSource
  private let session: Session
  private let preprocessing: Preprocessing
  private let decoding: DecodingOptions
  private let extractor: FeatureExtractor

  /// A photograph and what is computed of it.
  private struct Computed {
    let index: Int
    let path: String
    let depth: SampleDepth?
    let features: [Float]
  }

  init(
    _ session: Session, _ preprocessing: Preprocessing, views: Int, seed: Int, _ decoding: DecodingOptions,
    _ modelPath: String
  ) throws {
    (self.session, self.preprocessing, self.decoding) = (session, preprocessing, decoding)
    do {
      extractor = try FeatureExtractor(session, preprocessing, views: views, seed: seed)
    } catch { throw Failure(error, reading: modelPath) }
    guard let network = session.model.featureNetwork(preprocessing) else {
      preconditionFailure("an extractor has a classifier to read the input of")
    }
    source = FeatureSource(network: network, channels: extractor.channels, views: views, seed: seed)
  }

  /// - Parameters:
  ///   - heldOut: photographs that only measure.
  ///   - known: features that need not be computed.
  ///   - keepsAll: whether photographs of `known` count that are not among these.
  ///   - path: where features are kept, also when a signal stops the run.
  /// - Returns: the features of all photographs that could be read, and the worst status.
  func run(
    _ items: [LabelledList.Item], heldOut: [LabelledList.Item], known: FeatureTable?, keepsAll: Bool,
    saving path: String
  ) throws -> (table: FeatureTable, worst: ExitStatus) {
    let wanted = items.map { photograph($0, isHeldOut: false) } + heldOut.map { photograph($0, isHeldOut: true) }
    var table = FeatureTable(source)
    do throws(ImageError) { try MemoryBudget.require(bytes(wanted.count + (known?.photographs.count ?? 0))) } catch {
      throw Failure(error, reading: path)
    }
    table.reserve(wanted.count + (keepsAll ? known?.photographs.count ?? 0 : 0))
    let found = known?.indices(of: wanted) ?? [:]
    if keepsAll, let known {
      let again = Set(wanted.map(\.path.pathBytes))
      for (index, photograph) in known.photographs.enumerated() where !again.contains(photograph.path.pathBytes) {
        table.append(photograph, known.features(index))
      }
    }
    let missing = wanted.indices.filter { found[$0] == nil }
    var next = 0
    /// Appends the known ones before a place, in their order.
    func appendKnown(before end: Int) {
      while next < end {
        if let index = found[next], let known { table.append(wanted[next], known.features(index)) }
        next += 1
      }
    }
    let worst = try compute(missing.map { wanted[$0].path }, path) { computed in
      let place = missing[computed.index]
      appendKnown(before: place)
      table.append(wanted[place], computed.features)
      next = place + 1
    } afterwards: {
      appendKnown(before: wanted.count)
      do throws(FileError) { try table.write(to: path) } catch { throw Failure(error, writing: path) }
    }
    return (table, worst)
  }

  private func bytes(_ photographs: Int) -> Int {
    photographs * source.views * source.channels * MemoryLayout<Float>.stride
  }

  private func photograph(_ item: LabelledList.Item, isHeldOut: Bool) -> KnownPhotograph {
    let status = FileStatus(item.path)
    return KnownPhotograph(
      path: item.path, bytes: status?.bytes ?? 0, modified: status?.modified ?? 0, labels: item.labels,
      isHeldOut: isHeldOut)
  }

  /// - Parameters:
  ///   - append: called in the order of the paths.
  ///   - afterwards: called at the end, and when a signal ends the run.
  private func compute(
    _ paths: [String], _ saved: String, _ append: (Computed) -> Void, afterwards: () throws -> Void
  ) throws -> ExitStatus {
    let input = InputSource(InputList(files: paths, failures: []), decoding)
    let progress = Progress(count: paths.count)
    let workers = Workers(extractor, threads: session.threads, pictures: paths.count) { threads in
      guard session.fitsAgain else { return nil }
      let another = Session(model: session.model, tier: session.tier, threads: threads)
      return try FeatureExtractor(another, preprocessing, views: source.views, seed: source.seed)
    }
    return try Interruption.protecting {
      var done = 0
      let worst = answerAll(
        input, progress, lanes: workers.lanes, input: workers.input, finishes: true,
        prepare: { encoded in (encoded, try decode(encoded)) },
        compute: { encoded, decoded in try compute(encoded, decoded, workers) }
      ) { computed in
        if let depth = computed.depth { progress.say(DepthWarnings.line(computed.path.shownPath, depth)) }
        append(computed)
        done += 1
      }
      try afterwards()
      if Interruption.isRequested {
        printError("stopped after \(done) of \(counted(paths.count, "photograph")); continue with --resume")
        Interruption.endIfRequested()
      }
      return worst
    }
  }

  private func decode(_ encoded: EncodedPicture) throws -> DecodedImage {
    do { return try DecodedImage(encoded.contents.take(), decoding) } catch {
      throw Failure(error, reading: encoded.origin.description)
    }
  }

  private func compute(
    _ encoded: EncodedPicture, _ decoded: DecodedImage, _ workers: Workers<FeatureExtractor>
  ) throws -> Computed {
    guard case .file(let path) = encoded.origin else { preconditionFailure("photographs are files") }
    do {
      let features = try workers.compute { try $0.features(of: decoded.image, name: fileName(path)) }
      return Computed(index: encoded.index, path: path, depth: decoded.faintDepth(decoding), features: features)
    } catch { throw Failure(error, reading: path) }
  }
}

extension FeatureTable {
  /// Where photographs are here, by their places among `wanted`.
  fileprivate func indices(of wanted: [KnownPhotograph]) -> [Int: Int] {
    let places = Dictionary(photographs.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    var result: [Int: Int] = [:]
    for (index, photograph) in wanted.enumerated() {
      if let place = places[photograph.path], photographs[place].isSameFile(as: photograph) { result[index] = place }
    }
    return result
  }
}
