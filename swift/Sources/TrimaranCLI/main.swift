import Foundation
import Trimaran

exit(commandLine(program: "trimaran", Array(CommandLine.arguments.dropFirst())))
