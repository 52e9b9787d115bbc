package gemma4;

import java.util.Arrays;
import java.util.Objects;

/** Checks of the tests; the first one that fails ends its test. */
final class Check {
  private Check() {}

  /** A test: its name is a sentence about behaviour. */
  interface Test {
    void run() throws Throwable;
  }

  private static int numFailed;

  static void run(String name, Test test) {
    System.out.println(name);
    try {
      test.run();
    } catch (Throwable t) {
      numFailed++;
      System.out.println("FAILED: " + name);
      t.printStackTrace(System.out);
    }
  }

  static void finish() {
    System.out.println(numFailed == 0 ? "all passed" : numFailed + " failed");
    System.exit(numFailed == 0 ? 0 : 1);
  }

  static void that(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError("not true: " + what);
    }
  }

  static void equal(Object expected, Object actual) {
    if (!Objects.deepEquals(expected, actual)) {
      throw new AssertionError("found " + text(actual) + ", expected " + text(expected));
    }
  }

  private static String text(Object o) {
    return o instanceof int[] ? Arrays.toString((int[]) o) : "\"" + o + "\"";
  }

  static <T extends Throwable> T throwsA(Class<T> type, Test test) {
    try {
      test.run();
    } catch (Throwable t) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
      throw new AssertionError("threw something else than " + type, t);
    }
    throw new AssertionError("did not throw " + type);
  }

  /** That the library refuses with this code, and a message that names the word. */
  static void fails(ErrorCode code, String word, Test test) {
    Gemma4Exception e = throwsA(Gemma4Exception.class, test);
    equal(code, e.code());
    that(e.getMessage().contains(word), "\"" + e.getMessage() + "\" names " + word);
  }
}
