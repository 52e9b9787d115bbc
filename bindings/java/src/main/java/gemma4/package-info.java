/**
 * Gemma 4 on CPUs, inside your program: load a {@link gemma4.Model}, open a {@link gemma4.Session},
 * iterate over what it says.
 *
 * <pre>{@code
 * try (Model model = Model.load(Path.of("gemma-4-E2B.gguf")); Session session = model.newSession()) {
 *   session.addUser("Tell me a story.");
 *   for (Event event : session.generate()) System.out.print(event.text());
 * }
 * }</pre>
 *
 * <p>What fails throws {@link gemma4.Gemma4Exception}, with the library's code and text. Using a
 * closed object is an {@link java.lang.IllegalStateException}. Everything that must be closed is
 * {@link java.lang.AutoCloseable}, may be closed in any order and more than once, and is freed by a
 * {@link java.lang.ref.Cleaner} when it is forgotten. No argument or result is null unless it is
 * marked {@link gemma4.Nullable}.
 */
package gemma4;
