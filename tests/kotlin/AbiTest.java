package dev.trimaran.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trimaran.Engine;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jetbrains.kotlin.abi.tools.AbiFilters;
import org.jetbrains.kotlin.abi.tools.AbiTools;
import org.junit.jupiter.api.Test;

/**
 * The binary interface is the one in kotlin/api: what programs that were compiled against the jar link to. Where it is meant to change,
 * {@code -Dtest=AbiTest -Dtrimaran.updateAbi=true test} writes the file anew.
 *
 * <p>In Java, since the tool is compiled by a newer Kotlin than the sources are in.
 */
class AbiTest {
    private static String dump() throws Exception {
        Path classes = Path.of(Engine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        StringBuilder text = new StringBuilder();
        try (Stream<Path> all = Files.walk(classes)) {
            List<File> files = all.filter(path -> path.toString().endsWith(".class")).map(Path::toFile).toList();
            AbiTools tools = AbiTools.Companion.getInstance(AbiTest.class.getClassLoader());
            tools.printJvmDump(text, files, AbiFilters.Companion.getEMPTY());
        }
        return text.toString();
    }

    @Test
    void theBinaryInterface() throws Exception {
        Path file = Path.of(System.getProperty("trimaran.root"), "kotlin", "api", "trimaran.api");
        String now = dump();
        if (Boolean.getBoolean("trimaran.updateAbi")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, now);
        }
        String hint = "the binary interface has changed: if that is meant, -Dtest=AbiTest -Dtrimaran.updateAbi=true test";
        assertEquals(Files.readString(file), now, hint);
    }
}
