package gemma4;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The demo model of the repository, and what a program in C made of it. */
final class DemoModel {
  static final Path PATH = Path.of(System.getenv("GEMMA4_DEMO_MODEL"));
  static final String QUESTION = "What is the capital of France?";
  static final String ANSWER = "The capital of France is Paris.";

  private DemoModel() {}

  static SessionOptions greedy() {
    return new SessionOptions().sampler(SamplerOptions.greedy());
  }

  static Map<String, ByteBuffer> files() throws IOException {
    Map<String, ByteBuffer> files = new HashMap<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(PATH, "*.{json,safetensors}")) {
      for (Path path : paths) {
        files.put(path.getFileName().toString(), ByteBuffer.wrap(Files.readAllBytes(path)));
      }
    }
    return files;
  }

  /** Question to token ids, as tests/reply_tokens.c wrote them. */
  static Map<String, int[]> repliesOfC() throws IOException {
    Map<String, int[]> replies = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of(System.getenv("GEMMA4_REPLY_TOKENS")))) {
      String[] parts = line.split("\t");
      String[] numbers = parts[1].split(" ");
      int[] ids = new int[numbers.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = Integer.parseInt(numbers[i]);
      }
      replies.put(parts[0], ids);
    }
    return replies;
  }

  /**
   * The same weights with other names for four tokens, so that the answer to the question has the
   * four bytes of U+1F600 as its tokens 1 to 4.
   */
  static Map<String, ByteBuffer> filesThatAnswerWithAnEmoji(Model plain, int[] answer)
      throws IOException {
    Map<String, ByteBuffer> files = files();
    String json = StandardCharsets.UTF_8.decode(files.get("tokenizer.json")).toString();
    String[] bytes = {"<0xF0>", "<0x9F>", "<0x98>", "<0x80>"};
    for (int i = 0; i < bytes.length; i++) {
      int id = answer[1 + i];
      String piece = plain.detokenize(id).replace(' ', '\u2581');
      Matcher entry = Pattern.compile("\"" + bytes[i] + "\": (\\d+),").matcher(json);
      Check.that(entry.find(), "the vocabulary has " + bytes[i]);
      String byteId = entry.group(1);
      json = json.replace(entry.group(), "\"" + piece + "\": " + byteId + ",");
      // The piece's own entry is the one with its id.
      json = json.replace("\"" + piece + "\": " + id + ",", "\"" + bytes[i] + "\": " + id + ",");
    }
    files.put("tokenizer.json", ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
    return files;
  }
}
