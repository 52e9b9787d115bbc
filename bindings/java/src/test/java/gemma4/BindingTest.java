package gemma4;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** The binding as its users see it. */
public final class BindingTest {
  private BindingTest() {}

  public static void main(String[] args) {
    Check.run("tokens are those of the program in C", BindingTest::tokensOfC);
    Check.run("a stream of text, and its whole", BindingTest::streams);
    Check.run("files in memory, from the heap and direct", BindingTest::filesInMemory);
    Check.run("a source of bytes, and an exception from it", BindingTest::byteSource);
    Check.run("a packed file loads, and is verified", BindingTest::packed);
    Check.run("an emoji over four tokens comes out whole", BindingTest::emoji);
    Check.run("text goes to ids and back", BindingTest::tokenize);
    Check.run("progress of a load", BindingTest::progress);
    Check.run("what progress throws, the load throws", BindingTest::progressThrows);
    Check.run("another thread cancels a generation", BindingTest::cancelFromAnotherThread);
    Check.run("an interrupt cancels", BindingTest::interrupt);
    Check.run("a future answers, and is cancelled", BindingTest::futures);
    Check.run("a load is cancelled", BindingTest::loadCancelled);
    Check.run("the collector runs while a stream is open", BindingTest::collector);
    Check.run("what is forgotten is freed", BindingTest::forgotten);
    Check.run("the model is closed before its session", BindingTest::parentFirst);
    Check.run("errors have a code and a text", BindingTest::errors);
    Check.run("using what is closed", BindingTest::afterClose);
    Check.run("a close waits for the call that runs", BindingTest::closeWhileRunning);
    Check.run("two threads in one session", BindingTest::busy);
    Check.run("two models on one pool of threads", BindingTest::threadPool);
    Check.run("reset and rewind", BindingTest::resetAndRewind);
    Check.run("logits", BindingTest::logits);
    Check.run("limits end a generation", BindingTest::limits);
    Check.run("the sampler hears of every option", BindingTest::sampler);
    Check.run("steps with a time budget say the same", BindingTest::timeBudget);
    Check.run("several sessions in one pass say the same", BindingTest::stepMany);
    Check.run("a tool is called, and its result used", BindingTest::tools);
    Check.run("thoughts are apart from text", BindingTest::thoughts);
    Check.run("a fork goes its own way", BindingTest::fork);
    Check.run("a session is saved and restored", BindingTest::saveAndRestore);
    Check.run("whole conversations", BindingTest::conversations);
    Check.run("a reply follows a schema, a grammar, the tools", BindingTest::constraints);
    Check.run("stop strings, logprobs, scores, vectors", BindingTest::numbers);
    Check.run("what a checkpoint is and takes", BindingTest::inspect);
    Check.finish();
  }

  private static int[] idsOf(Session session, String prompt) {
    session.addUser(prompt);
    List<Integer> ids = new ArrayList<>();
    for (Event event : session.generate()) {
      if (event.kind() == Event.Kind.TEXT && event.tokenId() >= 0) {
        ids.add(event.tokenId());
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void threadPool() throws Exception {
    ThreadPool pool = new ThreadPool(3);
    Check.equal(3, pool.numThreads());
    LoadOptions options = new LoadOptions().threadPool(pool);
    Check.fails(
        ErrorCode.INVALID_ARGUMENT,
        "thread_pool",
        () -> Model.load(DemoModel.PATH, new LoadOptions().threadPool(pool).numThreads(2)));
    try (Model first = Model.load(DemoModel.PATH, options);
        Model second = Model.load(DemoModel.PATH, options)) {
      pool.close();
      Check.equal(3, first.numThreads());
      Check.equal(3, second.numThreads());
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (Model model : List.of(first, second)) {
        answers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try (Session session = model.newSession(DemoModel.greedy())) {
                    return session.generate(DemoModel.QUESTION).allText();
                  }
                }));
      }
      for (CompletableFuture<String> answer : answers) {
        Check.equal(DemoModel.ANSWER, answer.get());
      }
      Check.throwsA(IllegalStateException.class, () -> Model.load(DemoModel.PATH, options));
      Check.throwsA(IllegalStateException.class, pool::numThreads);
    }
    pool.close();
    Check.fails(ErrorCode.INVALID_ARGUMENT, "at most 1024", () -> new ThreadPool(1025));
    try (ThreadPool everyCore = new ThreadPool(); Model model = Model.load(DemoModel.PATH)) {
      Check.equal(model.numThreads(), everyCore.numThreads());
    }
  }

  private static void tokensOfC() throws Exception {
    Map<String, int[]> replies = DemoModel.repliesOfC();
    Check.that(replies.containsKey(DemoModel.QUESTION), "C was asked about France");
    try (Model model = Model.load(DemoModel.PATH)) {
      for (Map.Entry<String, int[]> reply : replies.entrySet()) {
        try (Session session = model.newSession(DemoModel.greedy())) {
          Check.equal(reply.getValue(), idsOf(session, reply.getKey()));
        }
      }
    }
  }

  private static void streams() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      List<String> pieces =
          session.generate(DemoModel.QUESTION).text().collect(Collectors.toList());
      Check.that(pieces.size() > 2, "the text comes in pieces");
      Check.equal(DemoModel.ANSWER, String.join("", pieces));
      session.reset();
      Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
      session.reset();
      StringBuilder all = new StringBuilder();
      Check.equal(EndReason.STOP_TOKEN, session.generate(DemoModel.QUESTION, all::append));
      Check.equal(DemoModel.ANSWER, all.toString());
      session.reset();
      session.addSystem("You are Nora, a fisher near the river.");
      Check.equal("I sell fish and nets.", session.generate("What do you sell?").allText());
      // Left in the middle, gone on with.
      session.reset();
      String first = session.generate(DemoModel.QUESTION).text().limit(2).collect(Collectors.joining());
      Check.equal(DemoModel.ANSWER, first + session.generate().allText());
    }
  }

  private static void filesInMemory() throws Exception {
    Map<String, ByteBuffer> files = DemoModel.files();
    try (Model model = Model.loadFiles(files, new LoadOptions());
        Session session = model.newSession(DemoModel.greedy())) {
      System.gc();
      Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
    }
    for (Map.Entry<String, ByteBuffer> file : files.entrySet()) {
      ByteBuffer direct = ByteBuffer.allocateDirect(file.getValue().remaining());
      direct.put(file.getValue().slice()).flip();
      file.setValue(direct);
    }
    Session session;
    try (Model model = Model.loadFiles(files, new LoadOptions())) {
      session = model.newSession(DemoModel.greedy());
    }
    files.clear(); // the session alone keeps them now
    System.gc();
    Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
    session.close();
  }

  private static void packed() throws Exception {
    Path folder = Files.createTempDirectory("gemma4-test-");
    Path packed = folder.resolve("modèle 🙂.g4");
    try {
      Model.pack(DemoModel.PATH, packed, new LoadOptions());
      Model.verify(packed);
      try (Model model = Model.load(packed);
          Session session = model.newSession(DemoModel.greedy())) {
        Check.equal("packed", model.format());
        Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
      }
      Check.fails(
          ErrorCode.NOT_FOUND, "fehlt 🙂.g4", () -> Model.verify(folder.resolve("fehlt 🙂.g4")));
    } finally {
      Files.deleteIfExists(packed);
      Files.delete(folder);
    }
  }

  private static void byteSource() throws Exception {
    Path packed = Files.createTempFile("gemma4-test-", ".g4");
    try {
      Model.pack(DemoModel.PATH, packed, new LoadOptions());
      byte[] bytes = Files.readAllBytes(packed);
      ByteSource source =
          (offset, buffer) -> buffer.put(bytes, Math.toIntExact(offset), buffer.remaining());
      try (Model model = Model.loadSource(bytes.length, source, new LoadOptions());
          Session session = model.newSession(DemoModel.greedy())) {
        Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
      }
      Exception mine = new java.io.IOException("the network is down");
      Check.that(
          mine
              == Check.throwsA(
                  java.io.IOException.class,
                  () ->
                      Model.loadSource(
                          bytes.length,
                          (offset, buffer) -> {
                            throw mine;
                          },
                          new LoadOptions())),
          "the source's own exception comes out");
      Check.throwsA(
          java.io.EOFException.class,
          () -> Model.loadSource(bytes.length, (offset, buffer) -> {}, new LoadOptions()));
    } finally {
      Files.delete(packed);
    }
  }

  private static void emoji() throws Exception {
    String prompt = "<bos><|turn>user\n" + DemoModel.QUESTION + "<turn|>\n<|turn>model\n";
    try (Model plain = Model.load(DemoModel.PATH)) {
      int[] answer = DemoModel.repliesOfC().get(DemoModel.QUESTION);
      int[] ids = plain.tokenize(prompt, TextOption.PARSE_SPECIAL);
      try (Model model =
              Model.loadFiles(
                  DemoModel.filesThatAnswerWithAnEmoji(plain, answer), new LoadOptions());
          Session session = model.newSession(DemoModel.greedy())) {
        session.prefill(ids);
        List<String> pieces = new ArrayList<>();
        for (Event event : session.generate()) {
          if (event.kind() == Event.Kind.TEXT) {
            pieces.add(event.text());
          }
        }
        Check.equal(List.of("The", "", "", "", "😀"), pieces.subList(0, 5));
      }
    }
  }

  private static void tokenize() {
    try (Model model = Model.load(DemoModel.PATH)) {
      for (String text : List.of("", "Hello", "Grüße 😀 \u0000 ¡!", "👩‍👩‍👧")) {
        Check.equal(text, model.detokenize(model.tokenize(text)));
      }
      Check.equal(model.bosTokenId(), model.tokenize("x", TextOption.ADD_BOS)[0]);
      Check.fails(ErrorCode.INVALID_UTF8, "surrogate", () -> model.tokenize("a\ud83d"));
      Check.fails(ErrorCode.INVALID_ARGUMENT, "2048", () -> model.detokenize(1, 2048));
    }
  }

  private static void progress() {
    List<long[]> heard = new ArrayList<>();
    Thread loading = Thread.currentThread();
    LoadOptions options =
        new LoadOptions()
            .progress(
                (done, total) -> {
                  Check.that(Thread.currentThread() == loading, "on the loading thread");
                  heard.add(new long[] {done, total});
                });
    Model.load(DemoModel.PATH, options).close();
    Check.that(heard.size() > 1, "progress is heard more than once");
    long[] last = heard.get(heard.size() - 1);
    Check.equal(last[1], last[0]);
  }

  private static void progressThrows() {
    RuntimeException mine = new RuntimeException("enough");
    LoadOptions options =
        new LoadOptions()
            .progress(
                (done, total) -> {
                  throw mine;
                });
    Check.that(
        mine == Check.throwsA(RuntimeException.class, () -> Model.load(DemoModel.PATH, options)),
        "the same exception comes out");
    Check.throwsA(
        StackOverflowError.class,
        () ->
            Model.load(DemoModel.PATH, new LoadOptions().progress((done, total) -> forever(0))));
    Model.load(DemoModel.PATH).close();
  }

  private static int forever(int n) {
    return forever(n + 1) + 1;
  }

  /** A generation that goes on until the context is full: the stop token is one it never makes. */
  private static Session endless(Model model) {
    Session session =
        model.newSession(DemoModel.greedy().stopTokenIds(0).maxContextTokens(4096));
    session.addUser(DemoModel.QUESTION);
    return session;
  }

  private static void cancelFromAnotherThread() throws Exception {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = endless(model)) {
      CountDownLatch started = new CountDownLatch(1);
      Thread canceller =
          new Thread(
              () -> {
                try {
                  started.await();
                  session.cancel();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      canceller.start();
      Generation generation = session.generate();
      Check.fails(
          ErrorCode.CANCELLED,
          "cancel",
          () -> {
            for (Event event : generation) {
              started.countDown();
            }
          });
      canceller.join();
      Check.that(!generation.hasNext(), "a cancelled generation is over");
      // The session goes on.
      Check.that(session.generate().next().kind() != Event.Kind.END, "it goes on");
    }
  }

  private static void interrupt() throws Exception {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = endless(model)) {
      Thread me = Thread.currentThread();
      CountDownLatch started = new CountDownLatch(1);
      Thread interrupter =
          new Thread(
              () -> {
                try {
                  started.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                me.interrupt();
              });
      interrupter.start();
      Check.fails(
          ErrorCode.CANCELLED,
          "cancel",
          () -> {
            for (Event event : session.generate()) {
              started.countDown();
            }
          });
      Check.that(Thread.interrupted(), "the thread stays interrupted");
      interrupter.join();
      me.interrupt();
      Check.fails(ErrorCode.CANCELLED, "cancel", () -> session.prefill(1, 2, 3));
      Check.that(Thread.interrupted(), "the thread stays interrupted");
      session.prefill();
      me.interrupt();
      Check.fails(ErrorCode.CANCELLED, "cancel", () -> Model.load(DemoModel.PATH));
      Check.that(Thread.interrupted(), "the thread stays interrupted");
    }
  }

  private static void futures() throws Exception {
    try (Model model = Model.loadAsync(DemoModel.PATH, new LoadOptions()).get()) {
      try (Session session = model.newSession(DemoModel.greedy())) {
        StringBuffer pieces = new StringBuffer();
        Check.equal(
            DemoModel.ANSWER, session.generateAsync(DemoModel.QUESTION, pieces::append).get());
        Check.equal(DemoModel.ANSWER, pieces.toString());
      }
      try (Session session = endless(model)) {
        CountDownLatch started = new CountDownLatch(1);
        AtomicLong numPieces = new AtomicLong();
        CompletableFuture<String> future =
            session.generateAsync(
                "What is 7 + 5?",
                piece -> {
                  numPieces.incrementAndGet();
                  started.countDown();
                });
        started.await();
        Check.that(future.cancel(true), "the future is cancelled");
        Check.throwsA(CancellationException.class, future::get);
        // The thread behind it ends: the session is free again, long before the context is full.
        for (boolean busy = true; busy; ) {
          try {
            session.reset();
            busy = false;
          } catch (Gemma4Exception e) {
            Check.equal(ErrorCode.BUSY, e.code());
          }
        }
        Check.that(numPieces.get() < 3000, "it stopped after " + numPieces + " pieces");
      }
    }
  }

  private static void loadCancelled() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    LoadOptions options =
        new LoadOptions()
            .progress(
                (done, total) -> {
                  reached.countDown();
                  go.await();
                });
    CompletableFuture<Model> future = Model.loadAsync(DemoModel.PATH, options);
    reached.await();
    future.cancel(true);
    go.countDown();
    Check.throwsA(CancellationException.class, future::get);
  }

  private static void collector() {
    try (Model model = Model.load(DemoModel.PATH)) {
      // Nobody but the generation refers to the session.
      Generation generation =
          model.newSession(DemoModel.greedy()).generate(DemoModel.QUESTION);
      StringBuilder all = new StringBuilder();
      for (Event event : generation) {
        System.gc();
        System.runFinalization();
        all.append(event.text());
      }
      Check.equal(DemoModel.ANSWER, all.toString());
    }
  }

  @SuppressWarnings("try")
  private static void forgotten() throws Exception {
    try (Model model = Model.load(DemoModel.PATH)) {
      // What the sessions would take together, were they not freed, is far over the budget.
      WeakReference<Session> forgotten = new WeakReference<>(model.newSession());
      for (int i = 0; i < 200 && forgotten.get() != null; i++) {
        System.gc();
        Thread.sleep(5);
      }
      Check.that(forgotten.get() == null, "the session was collected");
    }
    // A budget that has room for one session: its memory must have come back for the next.
    long budget;
    SessionOptions one = DemoModel.greedy().maxContextTokens(4096);
    try (ModelInfo info = ModelInfo.of(DemoModel.PATH)) {
      MemoryNeeds needs = info.memoryNeeds(new LoadOptions(), one);
      budget = needs.residentBytes() + needs.kvBytes() / 2;
    }
    try (Model model = Model.load(DemoModel.PATH, new LoadOptions().memoryBudgetBytes(budget))) {
      Session kept = model.newSession(one);
      Check.fails(ErrorCode.MEMORY_BUDGET, "budget", () -> model.newSession(one));
      Check.that(kept.position() == 0, "it is used, so it was not collected");
      kept = null;
      Session next = null;
      for (int i = 0; i < 400 && next == null; i++) {
        System.gc();
        Thread.sleep(5);
        try {
          next = model.newSession(one);
        } catch (Gemma4Exception e) {
          Check.equal(ErrorCode.MEMORY_BUDGET, e.code());
        }
      }
      Check.that(next != null, "the forgotten session was freed");
      next.close();
    }
  }

  private static void parentFirst() {
    Model model = Model.load(DemoModel.PATH);
    Session session = model.newSession(DemoModel.greedy());
    model.close();
    model.close();
    Check.equal(DemoModel.ANSWER, session.generate(DemoModel.QUESTION).allText());
    session.close();
    session.close();
  }

  private static void errors() {
    Check.fails(ErrorCode.NOT_FOUND, "/no/such", () -> Model.load(Path.of("/no/such")));
    Check.fails(
        ErrorCode.INVALID_ARGUMENT,
        "9999",
        () -> Model.load(DemoModel.PATH, new LoadOptions().numThreads(9999)));
    Check.fails(
        ErrorCode.MEMORY_BUDGET,
        "1000",
        () -> Model.load(DemoModel.PATH, new LoadOptions().memoryBudgetBytes(1000)));
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(new SessionOptions().maxContextTokens(8))) {
      Check.fails(ErrorCode.STATE, "append", session::step);
      Check.fails(ErrorCode.CONTEXT_FULL, "8", () -> session.addUser("one two three four five"));
    }
    Check.fails(ErrorCode.NOT_FOUND, "/no/such", () -> ModelInfo.of(Path.of("/no/such")));
    Check.equal("not found", gemma4.flat.Flat.gemma4_status_name(5));
    Check.equal(ErrorCode.UNKNOWN, new Gemma4Exception(77, "").code());
  }

  private static void afterClose() {
    Model model = Model.load(DemoModel.PATH);
    Session session = model.newSession();
    session.addUser("Hi");
    Generation generation = session.generate();
    session.close();
    for (Check.Test use :
        List.<Check.Test>of(
            generation::next, session::position, () -> session.addUser("x"), session::reset)) {
      IllegalStateException e = Check.throwsA(IllegalStateException.class, use);
      Check.that(e.getMessage().contains("session is closed"), e.getMessage());
    }
    model.close();
    Check.throwsA(IllegalStateException.class, model::newSession);
    Check.throwsA(IllegalStateException.class, model::vocabSize);
  }

  private static void closeWhileRunning() throws Exception {
    for (int i = 0; i < 5; i++) {
      Model model = Model.load(DemoModel.PATH);
      Session session = endless(model);
      CountDownLatch started = new CountDownLatch(1);
      Throwable[] thrown = new Throwable[1];
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (Event event : session.generate()) {
                    started.countDown();
                  }
                } catch (Throwable t) {
                  thrown[0] = t;
                }
              });
      thread.start();
      started.await();
      model.close();
      session.close();
      thread.join(TimeUnit.SECONDS.toMillis(30));
      Check.that(thrown[0] instanceof IllegalStateException, "" + thrown[0]);
    }
  }

  private static void busy() throws Exception {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession()) {
      int[] many = new int[3000];
      Arrays.fill(many, 100);
      CountDownLatch starting = new CountDownLatch(1);
      Thread thread =
          new Thread(
              () -> {
                starting.countDown();
                for (boolean done = false; !done; ) {
                  try {
                    session.prefill(many);
                    done = true;
                  } catch (Gemma4Exception e) { // the rewind below was there first
                    Check.equal(ErrorCode.BUSY, e.code());
                  }
                }
              });
      thread.start();
      starting.await();
      ErrorCode code = null;
      while (thread.isAlive() && code == null) {
        try {
          session.rewind(0); // changes nothing before the other thread has begun
        } catch (Gemma4Exception e) {
          code = e.code();
        }
      }
      thread.join();
      Check.equal(ErrorCode.BUSY, code);
    }
  }

  private static void resetAndRewind() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      session.addUser(DemoModel.QUESTION);
      long mark = session.position();
      String first = session.generate().allText();
      session.rewind(mark);
      Check.equal(mark, session.position());
      Check.equal(first, session.generate().allText());
      Check.fails(ErrorCode.INVALID_ARGUMENT, "100000", () -> session.rewind(100000));
      session.reset();
      Check.equal(0L, session.position());
    }
  }

  private static void logits() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession()) {
      Check.fails(ErrorCode.STATE, "", session::logits);
      int[] ids = model.tokenize("Hello there", TextOption.ADD_BOS);
      float[][] rows = session.prefillLogits(model.vocabSize(), ids);
      Check.equal(ids.length, rows.length);
      Check.that(Arrays.equals(rows[ids.length - 1], session.logits()), "the last row is theirs");
      Check.equal(model.vocabSize(), session.logits().length);
    }
  }

  private static void limits() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy().maxNewTokens(3))) {
      List<Event> events =
          session.generate(DemoModel.QUESTION).events().collect(Collectors.toList());
      Event last = events.get(events.size() - 1);
      Check.equal(Event.Kind.END, last.kind());
      Check.equal(EndReason.MAX_TOKENS, last.endReason());
      Check.equal(3L, events.stream().filter(e -> e.kind() == Event.Kind.TEXT).count());
      Event prefill = events.get(0);
      Check.equal(Event.Kind.PREFILL, prefill.kind());
      Check.equal(prefill.numTokensTotal(), prefill.numTokensDone());
    }
  }

  private static void sampler() throws Exception {
    int first = DemoModel.repliesOfC().get(DemoModel.QUESTION)[0];
    try (Model model = Model.load(DemoModel.PATH)) {
      SamplerOptions banned = SamplerOptions.greedy().bannedTokenIds(5, first);
      SamplerOptions biased =
          SamplerOptions.greedy().logitBias(Map.of(5, 0f, first, Float.NEGATIVE_INFINITY));
      for (SamplerOptions options : List.of(banned, biased)) {
        try (Session session = model.newSession(new SessionOptions().sampler(options))) {
          Check.that(idsOf(session, DemoModel.QUESTION)[0] != first, "it is banned");
        }
      }
      for (SamplerOptions options :
          List.of(
              new SamplerOptions().minP(2),
              new SamplerOptions().repetitionPenalty(-1),
              new SamplerOptions().frequencyPenalty(Float.NaN),
              new SamplerOptions().presencePenalty(Float.NaN),
              new SamplerOptions().topP(2))) {
        Check.fails(
            ErrorCode.INVALID_ARGUMENT,
            "",
            () -> model.newSession(new SessionOptions().sampler(options)));
      }
    }
  }

  private static void timeBudget() throws Exception {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      session.addUser(DemoModel.QUESTION);
      StringBuilder all = new StringBuilder();
      int numPending = 0;
      Event event;
      do {
        event = session.step(java.time.Duration.ofNanos(1));
        numPending += event.kind() == Event.Kind.PENDING ? 1 : 0;
        all.append(event.text());
      } while (event.kind() != Event.Kind.END);
      Check.that(numPending > 0, "a microsecond is soon spent");
      Check.equal(DemoModel.ANSWER, all.toString());
    }
  }

  private static void stepMany() throws Exception {
    Map<String, int[]> replies = DemoModel.repliesOfC();
    try (Model model = Model.load(DemoModel.PATH)) {
      List<Session> sessions = new ArrayList<>();
      List<List<Integer>> ids = new ArrayList<>();
      List<int[]> expected = new ArrayList<>();
      for (Map.Entry<String, int[]> reply : replies.entrySet()) {
        Session session = model.newSession(DemoModel.greedy());
        session.addUser(reply.getKey());
        sessions.add(session);
        ids.add(new ArrayList<>());
        expected.add(reply.getValue());
      }
      List<Session> running = new ArrayList<>(sessions);
      while (!running.isEmpty()) {
        List<Event> events = Session.stepMany(List.copyOf(running), null);
        Check.equal(running.size(), events.size());
        for (int i = events.size() - 1; i >= 0; i--) {
          Check.equal(null, events.get(i).error());
          int which = sessions.indexOf(running.get(i));
          if (events.get(i).kind() == Event.Kind.TEXT && events.get(i).tokenId() >= 0) {
            ids.get(which).add(events.get(i).tokenId());
          } else if (events.get(i).kind() == Event.Kind.END) {
            running.remove(i);
          }
        }
      }
      for (int i = 0; i < sessions.size(); i++) {
        Check.equal(
            expected.get(i), ids.get(i).stream().mapToInt(Integer::intValue).toArray());
      }
      // One's error is nothing to the others.
      sessions.get(0).reset();
      sessions.get(1).addUser("What is 2 + 2?");
      List<Event> events = Session.stepMany(sessions.subList(0, 2), null);
      Check.equal(ErrorCode.STATE, events.get(0).error());
      Check.equal(Event.Kind.PREFILL, events.get(1).kind());
      sessions.get(2).close();
      Check.throwsA(IllegalStateException.class, () -> Session.stepMany(sessions, null));
      sessions.forEach(Session::close);
    }
  }

  /** The words that the tiny model was trained with. */
  private static final String TOOLS =
      "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"Gets the"
          + " weather of a city.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":"
          + "{\"type\":\"string\",\"description\":\"The city.\"}},\"required\":[\"city\"]}}}]";

  private static void tools() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      session.setToolsJson(TOOLS);
      List<Event> events =
          session.generate("What is the weather in Paris?").events().collect(Collectors.toList());
      Event call =
          events.stream().filter(e -> e.kind() == Event.Kind.TOOL_CALL).findFirst().orElseThrow();
      Check.equal("get_weather {\"city\":\"Paris\"} 0",
          call.toolName() + " " + call.toolArgumentsJson() + " " + call.toolCallId());
      Check.equal(EndReason.TOOL_CALLS, events.get(events.size() - 1).endReason());
      Check.fails(ErrorCode.INVALID_ARGUMENT, "1", () -> session.addToolResult(1, "x"));
      session.addToolResultJson(0, "{\"sky\": \"sunny\", \"temperature\": 21}");
      Check.equal("It is sunny in Paris and 21 degrees.", session.generate().allText());
    }
  }

  private static void thoughts() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      session.setThinking(true);
      StringBuilder thought = new StringBuilder();
      StringBuilder text = new StringBuilder();
      for (Event event : session.generate("What is 8 * 7?")) {
        thought.append(event.thought());
        text.append(event.text());
      }
      Check.equal("8 * 7 = 56", text.toString());
      Check.that(thought.toString().contains("I compute it"), thought.toString());
    }
  }

  private static void fork() {
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy())) {
      session.addUser(DemoModel.QUESTION);
      session.prefill();
      try (Session fork = session.fork()) {
        Check.equal(DemoModel.ANSWER, fork.generate().allText());
        Check.equal("7 + 5 = 12", fork.generate("What is 7 + 5?").allText());
      }
      session.setSampler(SamplerOptions.greedy());
      Check.equal(DemoModel.ANSWER, session.generate().allText());
    }
  }

  private static void saveAndRestore() throws Exception {
    Path path = Files.createTempFile("gemma4-test-", ".g4s");
    try (Model model = Model.load(DemoModel.PATH);
        Session session = model.newSession(DemoModel.greedy());
        Session other = model.newSession(DemoModel.greedy())) {
      session.addUser(DemoModel.QUESTION);
      session.prefill();
      java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
      session.save(bytes);
      session.save(path);
      other.restore(path);
      Check.equal(DemoModel.ANSWER, other.generate().allText());
      other.restore(new java.io.ByteArrayInputStream(bytes.toByteArray()));
      Check.equal(session.position(), other.position());
      Check.equal(DemoModel.ANSWER, other.generate().allText());

      long position = other.position();
      byte[] half = Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2);
      Check.throwsA(
          Gemma4Exception.class, () -> other.restore(new java.io.ByteArrayInputStream(half)));
      java.io.IOException mine = new java.io.IOException("the disk is full");
      java.io.OutputStream broken =
          new java.io.OutputStream() {
            @Override
            public void write(int b) throws java.io.IOException {
              throw mine;
            }
          };
      Check.that(
          mine == Check.throwsA(java.io.IOException.class, () -> session.save(broken)),
          "the stream's own exception comes out");
      Check.equal(position, other.position());
    } finally {
      Files.delete(path);
    }
  }

  private static void conversations() {
    String request =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"What is 7 + 5?\"},{\"role\":"
            + "\"assistant\",\"content\":\"7 + 5 = 12\"},{\"role\":\"user\",\"content\":\""
            + DemoModel.QUESTION + "\"}],\"add_generation_prompt\":true}";
    try (Model model = Model.load(DemoModel.PATH);
        Session told = model.newSession(DemoModel.greedy());
        Session whole = model.newSession(DemoModel.greedy())) {
      told.addUser("What is 7 + 5?");
      told.addModel("7 + 5 = 12");
      told.addUser(DemoModel.QUESTION);
      whole.setMessagesJson(request);
      Check.equal(told.position(), whole.position());
      String answer = told.generate().allText();
      Check.equal(answer, whole.generate().allText());
      whole.setMessagesJson(request);
      Check.that(whole.generate().next().numTokensReused() > 10, "what is there is not run again");
      int[] ids = model.renderJsonIds(request);
      Check.equal(model.renderJson(request), model.detokenize(ids));
      whole.setIds(ids);
      Check.equal(answer, whole.generate().allText());
    }
  }

  private static String constrained(Model model, SamplerOptions sampler) {
    try (Session session = model.newSession(new SessionOptions().sampler(sampler))) {
      return session.generate(DemoModel.QUESTION).allText();
    }
  }

  private static void constraints() {
    try (Model model = Model.load(DemoModel.PATH)) {
      String text =
          constrained(
              model, SamplerOptions.greedy().jsonSchema("{\"enum\":[\"calm\",\"angry\"]}"));
      Check.that(List.of("\"calm\"", "\"angry\"").contains(text), text);
      text = constrained(model, SamplerOptions.greedy().grammar("root ::= \"yes\" | \"no\""));
      Check.that(List.of("yes", "no").contains(text), text);
      Check.fails(
          ErrorCode.INVALID_ARGUMENT,
          "schema",
          () -> constrained(model, SamplerOptions.greedy().jsonSchema("{")));
      SamplerOptions calls = SamplerOptions.greedy().requiresToolCall(true);
      try (Session session = model.newSession(new SessionOptions().sampler(calls))) {
        session.setToolsJson(TOOLS);
        String called =
            session.generate(DemoModel.QUESTION).events().map(Event::toolName)
                .collect(Collectors.joining());
        Check.equal("get_weather", called);
      }
    }
  }

  private static void numbers() {
    try (Model model = Model.load(DemoModel.PATH)) {
      SessionOptions options = DemoModel.greedy().stopStrings("no such 🙂", "France is").logprobs(2);
      try (Session session = model.newSession(options)) {
        StringBuilder text = new StringBuilder();
        Check.equal(
            EndReason.STOP_STRING, session.generate(DemoModel.QUESTION, text::append));
        Check.equal("The capital of ", text.toString());
        session.reset();
        for (Event event : session.generate(DemoModel.QUESTION)) {
          if (event.kind() == Event.Kind.TEXT && event.tokenId() >= 0) {
            Check.equal(2, event.topLogprobs().size());
            Check.equal(event.tokenId(), event.topLogprobs().get(0).tokenId()); // greedy
            Check.equal(event.logprob(), event.topLogprobs().get(0).logprob());
            Check.that(event.logprob() <= 0, "a logarithm of a probability");
          }
        }
      }
      try (Session session = model.newSession(DemoModel.greedy())) {
        session.addUser(DemoModel.QUESTION);
        float[] likely = session.fork().score(model.tokenize("The capital"));
        float[] unlikely = session.fork().score(model.tokenize("capital The"));
        Check.that(likely[0] > unlikely[0], likely[0] + " > " + unlikely[0]);
        float[] vector =
            session.embed(model.hiddenSize(), Pooling.MEAN, true, model.tokenize("hello"));
        double square = 0;
        for (float x : vector) {
          square += x * x;
        }
        Check.that(Math.abs(square - 1) < 1e-3, "its length is 1");
      }
    }
  }

  private static void inspect() throws Exception {
    try (ModelInfo info = ModelInfo.of(DemoModel.PATH);
        ModelInfo same = ModelInfo.ofFiles(DemoModel.files())) {
      Check.equal("safetensors", info.format());
      Check.equal("custom", info.variant());
      Check.equal(2048, info.vocabSize());
      Check.equal(256, info.hiddenSize());
      Check.equal(10, info.numLayers());
      Check.equal(5, info.numKvLayers());
      Check.equal(64, info.slidingWindow());
      Check.equal(4096, info.maxContextTokens());
      Check.that(info.hasTokenizer(), "it has a tokenizer");
      Check.equal(info.tensors().size(), same.tensors().size());
      TensorInfo table =
          info.tensors().stream()
              .filter(t -> t.shape().equals("[2048, 256]"))
              .findFirst()
              .orElseThrow();
      Check.equal("BF16", table.type());
      Check.equal(2048L * 256 * 2, table.sizeBytes());
      MemoryNeeds few =
          info.memoryNeeds(new LoadOptions(), new SessionOptions().maxContextTokens(256));
      MemoryNeeds many =
          info.memoryNeeds(
              new LoadOptions().weights(Weights.EXACT), new SessionOptions().maxContextTokens(4096));
      Check.that(few.kvBytes() < many.kvBytes(), "a longer context takes more");
      Check.that(
          few.weightsResidentBytes() < many.weightsResidentBytes(), "exact weights take more");
      Check.equal(
          few.residentBytes(), few.weightsResidentBytes() + few.kvBytes() + few.scratchBytes());
    }
    try (Model model = Model.load(DemoModel.PATH, new LoadOptions().weights(Weights.INT8))) {
      Check.equal(Weights.INT8, model.weights());
      Check.that(model.stopTokenIds().length > 0, "it has stop tokens");
      Check.that(model.numThreads() > 0 && model.prefillChunkTokens() > 0, "decided");
    }
    Check.that(Model.libraryHasFeature("gguf"), "gguf");
    Check.that(!Model.libraryHasFeature("nonsense"), "nonsense");
    Check.that(Model.libraryBuildInfo().contains(Model.libraryVersion()), "the version");
  }
}
