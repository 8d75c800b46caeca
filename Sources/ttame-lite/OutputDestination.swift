import Explain

/// What the user meant by `-o`, or by its absence.
enum OutputDestination {
  case standardOutput
  case file(String)
  case folder(String)
  case currentFolder

  /// - Parameters:
  ///   - output: the value of `-o`.
  ///   - inputs: folders among them may hold any number of pictures.
  ///   - isFileName: whether a name that is not there yet means a file rather than a folder for several inputs.
  ///   - option: the option that `output` is the value of, for messages.
  init(_ output: String?, inputs: InputList, option: String = "-o", isFileName: (String) -> Bool) throws {
    switch output {
    case nil: self = inputs.readsStandardInput ? .standardOutput : .currentFolder
    case "-": self = .standardOutput
    case let output?:
      let status = FileStatus(output)
      if status?.isFolder == true || output.hasSuffix("/") {
        self = .folder(output)
      } else if !inputs.isOpenEnded, inputs.paths.count < 2 {
        self = .file(output)
      } else if status == nil, !isFileName(output) {
        self = .folder(output)
      } else {
        throw Failure(.usage, "is one file for \(inputs.summary); give a folder or -", subject: "\(option) \(output)")
      }
    }
  }

  /// Of pictures.
  init(pictures output: String?, inputs: InputList) throws {
    try self.init(output, inputs: inputs) { fileExtension($0).flatMap(PictureFormat.init(ending:)) != nil }
  }
}

extension PictureFormat {
  /// The format of the pictures that go somewhere.
  ///
  /// - Parameters:
  ///   - wanted: what `--format` says.
  ///   - isGray: whether the pictures are grey.
  /// - Throws: for an ending that is no picture's, before any work.
  init(for destination: OutputDestination, wanted: PictureFormat?, isGray: Bool = false, option: String = "-o") throws {
    var format = wanted ?? .png
    if case .file(let path) = destination, FileStatus(path)?.isRegular ?? true, let ending = fileExtension(path) {
      guard let named = PictureFormat(ending: ending) else {
        throw Failure(
          .usage, "'.\(ending)' is not an output format; use \(PictureFormat.endings)",
          subject: "\(option) \(path)")
      }
      if let wanted, wanted != named {
        throw Failure(
          .usage, "the name ends in .\(ending), but --format is \(wanted.rawValue); omit one of them",
          subject: "\(option) \(path)")
      }
      format = named
    }
    guard format.hasColor || isGray else {
      throw Failure(.usage, "a PGM is grey, for --style mask; use PPM, PNG or JPEG for colour")
    }
    self = format
  }
}
