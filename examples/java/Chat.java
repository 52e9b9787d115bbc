import gemma4.Model;
import gemma4.Session;
import java.nio.file.Path;

/**
 * Asks a model one question and prints the answer as it is made: Model.load, newSession, generate.
 *
 * <p>java -cp gemma4-VERSION.jar:gemma4-VERSION-linux-x86_64.jar Chat.java MODEL QUESTION
 */
public final class Chat {
  private Chat() {}

  public static void main(String[] args) {
    try (Model model = Model.load(Path.of(args[0]));
        Session session = model.newSession()) {
      session.generate(args[1]).text().forEach(System.out::print);
      System.out.println();
    }
  }
}
