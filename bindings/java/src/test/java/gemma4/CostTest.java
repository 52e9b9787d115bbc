package gemma4;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Stream;

/** What the binding adds to C: time for each token, and memory that does not come back. */
public final class CostTest {
  private CostTest() {}

  private static final int TOKENS_A_BATCH = 1000;
  private static final double MOST_MICROSECONDS = 20;
  private static final double MOST_MEGABYTES = 4;

  public static void main(String[] args) {
    Check.run("a token's time beside that of C: events", CostTest::events);
    Check.run("a token's time beside that of C: a stream of text", CostTest::text);
    Check.run("memory is flat over 10,000 sessions", CostTest::sessions);
    Check.run("memory is flat over 100 models", CostTest::models);
    Check.finish();
  }

  private static void events() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession()) {
      measure(session.generate(DemoModel.QUESTION));
    }
  }

  private static void text() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession()) {
      measure(session.generate(DemoModel.QUESTION).text().iterator());
    }
  }

  /** Steps take no time themselves: tests/instant_steps.c makes the tokens. */
  private static void measure(Iterator<?> tokens) {
    Object first = tokens.next();
    String text = first instanceof Event ? ((Event) first).text() : (String) first;
    Check.equal(" grüß", text); // or else nothing was preloaded
    double[] micros = new double[41];
    for (int batch = 0; batch < micros.length; batch++) {
      long start = System.nanoTime();
      for (int i = 0; i < TOKENS_A_BATCH; i++) {
        tokens.next();
      }
      micros[batch] = (System.nanoTime() - start) / 1e3 / TOKENS_A_BATCH;
    }
    Arrays.sort(micros);
    System.out.printf(
        Locale.ROOT, "  %.2f us a token; median of the batches %.2f us%n",
        micros[0], micros[micros.length / 2]);
    Check.that(micros[0] < MOST_MICROSECONDS, "less than " + MOST_MICROSECONDS + " us");
  }

  private static void sessions() throws IOException {
    try (Model model = Model.load(DemoModel.PATH)) {
      flat(
          10000,
          () -> {
            try (Session session = model.newSession(DemoModel.greedy().stopStrings("no such"))) {
              session.addUser(DemoModel.QUESTION);
              try {
                session.rewind(100000);
              } catch (Gemma4Exception expected) {
                return;
              }
              throw new AssertionError("not refused");
            }
          });
    }
  }

  private static void models() throws IOException {
    LoadOptions options = new LoadOptions().progress((done, total) -> {});
    flat(100, () -> Model.load(DemoModel.PATH, options).close());
  }

  private static void flat(int rounds, Runnable round) throws IOException {
    for (int i = 0; i < rounds / 5; i++) {
      round.run();
    }
    // The compilers of the virtual machine take memory once; what is lost is lost in every pass.
    double grown = Double.MAX_VALUE;
    for (int pass = 0; pass < 5 && grown >= MOST_MEGABYTES; pass++) {
      double before = residentMegabytes();
      for (int i = 0; i < rounds; i++) {
        round.run();
      }
      grown = residentMegabytes() - before;
      System.out.printf(
          Locale.ROOT, "  %.1f MB, grown by %.2f MB in %d rounds%n", before + grown, grown, rounds);
    }
    Check.that(grown < MOST_MEGABYTES, "less than " + MOST_MEGABYTES + " MB");
  }

  private static double residentMegabytes() throws IOException {
    System.gc();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith("VmRSS:")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", "")) / 1e3;
    }
  }
}
