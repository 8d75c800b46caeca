import ArgumentParser
import CShim
import Explain
import Glibc

@main
enum Main {
  static func main() {
    shim_share_heap()
    // A reader that goes away is an ordinary end, seen as EPIPE, and no reason to die.
    signal(SIGPIPE, SIG_IGN)
    // Likewise a file that may not grow any further, seen as EFBIG.
    signal(SIGXFSZ, SIG_IGN)
    claimStandardStreams()
    Interruption.install()
    LostMapping.install()
    var isParsed = false
    do {
      if let script = CompletionScript(call: Array(programArguments.dropFirst())) {
        return try printOutput(script.text + "\n")
      }
      let reading = try ArgumentReading(currentArguments(Array(programArguments.dropFirst())))
      var command: any ParsableCommand
      do {
        command = try TTAMELite.parseAsRoot(reading.arguments)
      } catch {
        guard TTAMELite.exitCode(for: error) == .validationFailure else { throw error }
        throw reading.failure(error)
      }
      isParsed = true
      try command.run()
    } catch let failure as Failure {
      // What is input and what is output is not known before.
      if !isParsed { silenceStandardErrorIfNamed(in: programArguments) }
      failure.report()
      exit(failure.status.rawValue)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch is OutputClosed {
      exit(ExitStatus.ok.rawValue)
    } catch {
      TTAMELite.exit(withError: error)
    }
  }
}

struct TTAMELite: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ttame-lite",
    abstract: "Classify an image and show where the classifier looked, in one forward pass on the CPU.",
    discussion: """
      Examples:
        ttame-lite explain photo.jpg                  writes photo-explained.png
        ttame-lite explain *.jpg -o explained/        one image each, in a folder
        curl -s URL | ttame-lite explain > out.png    reads standard input
        ttame-lite classify --top 3 photo.jpg         labels and probabilities

      \(ExitStatus.help)
      """,
    version: Version.text,
    subcommands: [
      ExplainCommand.self, ClassifyCommand.self, ImportCommand.self, TrainCommand.self, TeachCommand.self,
      EvaluateCommand.self,
      BenchCommand.self,
      InfoCommand.self,
    ]
  )
}
