import Foundation
import Trimaran
import TrimaranFoundation

// Runs the steps of one hostile case in Swift. `README.md` has the vocabulary; the other languages have the same.
// What comes behind a line with a dot is the guests'.
var lines: [String] = []
while let line = readLine(), line != "." { lines.append(line) }
let program = Program()
program.run(Step.parse(lines.joined(separator: "\n")))
program.waitForBackground()
print("end")
