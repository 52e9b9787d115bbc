package gemma4.flat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds and loads the two native libraries, libgemma4 and the layer that makes it callable from
 * Java:
 *
 * <ol>
 *   <li>in the folder that the system property {@code gemma4.library.path} names, and only there;
 *   <li>on {@code java.library.path};
 *   <li>in a jar on the class path (the artifact with the classifier of this platform), from where
 *       they are copied into a temporary folder.
 * </ol>
 */
final class NativeLibrary {
  private NativeLibrary() {}

  static void load() {
    String folder = System.getProperty("gemma4.library.path");
    if (folder != null) {
      System.load(Path.of(folder, System.mapLibraryName("gemma4_java")).toAbsolutePath().toString());
      return;
    }
    try {
      System.loadLibrary("gemma4_java");
    } catch (UnsatisfiedLinkError notOnThePath) {
      loadFromJar(notOnThePath);
    }
  }

  /** {@code "linux-x86_64"}: the classifier of the jar with the libraries of this machine. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    return (os.startsWith("linux") ? "linux" : os.replace(' ', '_'))
        + "-"
        + (arch.equals("amd64") ? "x86_64" : arch);
  }

  private static void loadFromJar(UnsatisfiedLinkError notOnThePath) {
    String resources = "/gemma4/native/" + platform() + "/";
    Path last = null;
    try {
      // libraries.txt names them; the last one finds the others in its own folder.
      List<Path> copies = new ArrayList<>();
      Path folder = Files.createTempDirectory("gemma4-");
      try {
        String names;
        try (InputStream list = resource(resources + "libraries.txt")) {
          names = new String(list.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String name : names.split("\n")) {
          last = folder.resolve(name);
          copies.add(last); // to be deleted even if only half of it gets there
          try (InputStream library = resource(resources + name)) {
            Files.copy(library, last); // piece by piece: the heap may be smaller than the library
          }
        }
        System.load(last.toString());
      } finally {
        // What is loaded stays mapped; the files need not.
        for (Path copy : copies) {
          Files.deleteIfExists(copy);
        }
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      UnsatisfiedLinkError error =
          new UnsatisfiedLinkError(
              "gemma4 finds no native library: gemma4.library.path is not set, java.library.path"
                  + " has none, and the class path: " + e.getMessage());
      error.addSuppressed(notOnThePath);
      throw error;
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = NativeLibrary.class.getResourceAsStream(name);
    if (in == null) {
      throw new NoSuchFileException(name + " is in no jar");
    }
    return in;
  }
}
