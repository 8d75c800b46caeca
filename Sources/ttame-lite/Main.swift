import ArgumentParser
import Explain
@main struct TTAMELite: ParsableCommand {
  func run() { print(ImageLimits.standard) }
}
