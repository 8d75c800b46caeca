import Explain
import Foundation

// explain MODEL PHOTO OVERLAY.png: prints the most probable class and writes its overlay.
let arguments = CommandLine.arguments
guard arguments.count == 4 else {
  print("usage: \(arguments[0]) MODEL PHOTO OVERLAY.png")
  exit(64)
}
let model = try Model(path: arguments[1])
let explainer = try Explainer(Session(model: model))
let photo = try Image(decoding: [UInt8](Data(contentsOf: URL(fileURLWithPath: arguments[2]))))
let explained = try explainer.explain(photo) { largest(1, of: $0) }

let best = explained.explanation.maps[0].classIndex
let probability = explainer.session.probabilities(explained.explanation.logits)[best]
print("\(ClassNames(labels: model.description.labels, count: model.description.classes).label(best)) \(probability)")

let overlay = Renderer().overlay(photo, explained.saliency(0), isFramed: true)
try Data(Picture.color(overlay).encodedPNG()).write(to: URL(fileURLWithPath: arguments[3]))
