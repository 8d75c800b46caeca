@testable import Explain
import FoundationEssentials

/// All text that the program reads: JSON where an input begins with a bracket, else lists of pictures and of labels.
struct TextTarget: FuzzTarget {
  private let folder = ScratchFolder()
  private let classes = ClassLookup(ClassNames(labels: [], count: 1000))

  init() {
    // An index may lead to this sound shard, and to itself.
    let header = Array(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.utf8)
    _ = folder.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + [7], to: "shard")
  }

  func run(_ bytes: [UInt8]) -> Bool {
    require(String(pathBytes: bytes).pathBytes == bytes, "a path has its way back")
    let text = String(decoding: bytes, as: UTF8.self)
    if bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") {
      readModel(text)
      readMetadata(text)
      readConfigurations(bytes)
      if let labels = PythonLiteral.labels(text) { require(labels.count <= bytes.count, "a label takes room") }
      readIndex(bytes)
      _ = try? JSONDecoder().decode(Checkpoint.Facts.self, from: Data(bytes))
    } else {
      readImages(bytes)
    }
    readLabels(bytes)
    return true
  }

  /// What is read and written is read as the same again.
  private func readModel(_ text: String) {
    do {
      let description = try ModelDescription(json: text)
      require(try ModelDescription(json: description.json()) == description, "a description is read as it was written")
      if let shapes = try? description.graph.inferShapes() {
        require(shapes.values.allSatisfy(\.isPossible), "shapes are within the limits")
      }
    } catch { requireText(error) }
  }

  private func readMetadata(_ text: String) {
    do {
      let read = try SourceMetadata(["mean": text, "std": text]).preprocessing(unless: PreprocessingHints()).hints
      require(((read.mean ?? []) + (read.std ?? [])).allSatisfy(\.isFinite), "means and deviations are finite")
    } catch { requireText(error) }
  }

  /// What image processors and models say about themselves.
  private func readConfigurations(_ bytes: [UInt8]) {
    let usual = Preprocessing(resize: 9, crop: 8, interpolation: .bilinear, mean: [0, 0, 0], std: [1, 1, 1])
    let file = ConfigurationFile(path: "config.json", bytes: bytes)
    func check(_ hints: PreprocessingHints) {
      let statistics = (hints.mean ?? []) + (hints.std ?? [])
      require(statistics.count.isMultiple(of: 3), "there are statistics of three channels, or none")
      _ = try? hints.preprocessing(usual).validate()
    }
    do { check(try file.decoded(as: ProcessorConfiguration.self).hints(file)) } catch { requireText(error) }
    do {
      let configuration = try file.decoded(as: ModelConfiguration.self)
      check(try configuration.hints(file, input: nil))
      _ = try configuration.labels(file)
    } catch { requireText(error) }
  }

  private func readIndex(_ bytes: [UInt8]) {
    do { _ = try WeightFiles(path: folder.write(bytes, to: "index.json")) } catch { requireText(error) }
  }

  private func readImages(_ bytes: [UInt8]) {
    do {
      let items = try ImageList(bytes, folder: "", classes: classes).items
      for item in items {
        require(!item.path.isEmpty && (0..<1000).contains(item.classIndex ?? 0), "items of a list are in range")
        guard let box = item.box else { continue }
        require(box.x0 < box.x1 && box.y0 < box.y1, "boxes have an inside")
      }
    } catch { requireText(error) }
  }

  private func readLabels(_ bytes: [UInt8]) {
    do {
      let lines = try Explain.readLabels(folder.write(bytes, to: "labels"))
      let names = ClassNames(labels: lines, count: lines.count)
      for index in lines.indices.prefix(4) {
        _ = try? names.index(of: names.name(index))
        require(!names.label(index).contains { $0.isNewline }, "a label is one line")
      }
    } catch { requireText(error) }
  }
}
