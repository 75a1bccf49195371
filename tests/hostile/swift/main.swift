import Foundation
import Trimaran

// Runs the steps of one hostile case in Swift. `README.md` has the vocabulary; the other languages have the same.
let program = Program()
program.run(Step.parse(String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)))
program.waitForBackground()
print("end")
