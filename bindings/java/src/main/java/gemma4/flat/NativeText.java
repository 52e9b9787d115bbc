package gemma4.flat;

import gemma4.ErrorCode;
import gemma4.Gemma4Exception;
import gemma4.Nullable;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Text as C has it: UTF-8. JNI's own strings are another encoding, which breaks emoji. */
public final class NativeText {
  private NativeText() {}

  /**
   * The UTF-8 of a text, without a NUL.
   *
   * @throws Gemma4Exception with {@link ErrorCode#INVALID_UTF8} if half a surrogate pair is in it
   */
  public static byte[] bytes(CharSequence text) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOf(encoded.array(), encoded.limit());
    } catch (CharacterCodingException e) {
      throw new Gemma4Exception(
          ErrorCode.INVALID_UTF8.value(), "the text holds half a surrogate pair, which is no UTF-8");
    }
  }

  /** The UTF-8 of texts, one after the other, each with a NUL: as the flat layer takes lists. */
  public static byte[] list(List<String> texts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String text : texts) {
      all.writeBytes(toUtf8(text));
    }
    return all.toByteArray();
  }

  /** The UTF-8 of a text and a NUL; null for null. */
  static @Nullable byte[] toUtf8(@Nullable String text) {
    if (text == null) {
      return null;
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a NUL at " + text.indexOf('\0') + " would end the text");
    }
    byte[] encoded = bytes(text);
    return Arrays.copyOf(encoded, encoded.length + 1);
  }

  /** The text of UTF-8 bytes; null for null. */
  static @Nullable String fromUtf8(@Nullable byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }
}
