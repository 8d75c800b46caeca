import ArgumentParser

/// What is said about a stream.
struct StreamOptions: ParsableArguments {
  @Flag(help: "Say at the end what standard input held besides pictures.")
  var verbose = false

  /// Tells it, when the stream has been answered.
  func report(_ source: InputSource) {
    if verbose, source.count == nil { printError(source.fillers.line) }
  }
}
