package gemma4;

import gemma4.flat.Callbacks;
import gemma4.flat.Flat;
import java.nio.charset.StandardCharsets;

/** What only the flat layer has. */
public final class FlatTest {
  private FlatTest() {}

  public static void main(String[] args) {
    Check.run("events are pushed to a callback", FlatTest::push);
    Check.run("what an event callback throws comes out", FlatTest::pushThrows);
    Check.run("a struct owns its texts", FlatTest::structs);
    Check.run("flags and errors", FlatTest::flags);
    Check.finish();
  }

  private interface Use {
    void run(long session) throws Exception;
  }

  private static void withSession(Use use) throws Exception {
    long[] model = new long[1];
    long[] session = new long[1];
    long params = Flat.gemma4_session_params_alloc(1);
    long sampler = Flat.gemma4_sampler_params_alloc(1);
    Flat.gemma4_sampler_params_set_temperature(sampler, 0);
    Flat.gemma4_session_params_set_sampler(params, sampler);
    Flat.gemma4_model_load(DemoModel.PATH.toString(), 0, model);
    Flat.gemma4_session_create(model[0], params, session);
    Flat.gemma4_model_retain(model[0]);
    Flat.gemma4_model_free(model[0]);
    Flat.gemma4_model_free(model[0]);
    byte[] text = DemoModel.QUESTION.getBytes(StandardCharsets.UTF_8);
    Flat.gemma4_session_add_user_text(session[0], text, text.length);
    try {
      use.run(session[0]);
    } finally {
      Flat.gemma4_session_free(session[0]);
      Flat.gemma4_session_params_free(params, 1);
      Flat.gemma4_sampler_params_free(sampler, 1);
    }
  }

  private static void push() throws Exception {
    StringBuilder all = new StringBuilder();
    Callbacks callbacks =
        new Callbacks() {
          @Override
          protected boolean onEvent(long event) {
            all.append(new Event(event).text());
            return true;
          }
        };
    long userdata = Flat.newReference(callbacks);
    withSession(session -> Flat.gemma4_session_generate(session, Flat.eventCallback(), userdata));
    Flat.deleteReference(userdata);
    Check.equal(DemoModel.ANSWER, all.toString());
  }

  private static void pushThrows() throws Exception {
    Callbacks callbacks =
        new Callbacks() {
          @Override
          protected boolean onEvent(long event) throws Exception {
            throw new java.io.IOException("no more");
          }
        };
    long userdata = Flat.newReference(callbacks);
    withSession(
        session ->
            Check.fails(
                ErrorCode.STOPPED,
                "callback",
                () -> Flat.gemma4_session_generate(session, Flat.eventCallback(), userdata)));
    Flat.deleteReference(userdata);
    Check.throwsA(java.io.IOException.class, callbacks::rethrow);
  }

  private static void structs() {
    long params = Flat.gemma4_load_params_alloc(2);
    long second = Flat.gemma4_load_params_at(params, 1);
    Check.equal(null, Flat.gemma4_load_params_get_cache_folder(second));
    Flat.gemma4_load_params_set_cache_folder(second, "/a");
    Flat.gemma4_load_params_set_cache_folder(second, "/b 😀");
    Check.equal("/b 😀", Flat.gemma4_load_params_get_cache_folder(second));
    Check.throwsA(
        IllegalArgumentException.class,
        () -> Flat.gemma4_load_params_set_cache_folder(second, "a\0b"));
    Flat.gemma4_load_params_free(params, 2);

    long sampler = Flat.gemma4_sampler_params_alloc(1);
    Check.equal(-1f, Flat.gemma4_sampler_params_get_temperature(sampler));
    Flat.gemma4_sampler_params_set_seed(sampler, -1); // 2^64 - 1
    Check.equal(-1L, Flat.gemma4_sampler_params_get_seed(sampler));
    Flat.gemma4_sampler_params_free(sampler, 1);
  }

  private static void flags() {
    long[] cancel = new long[1];
    Flat.gemma4_cancel_create(cancel);
    Check.equal(0, Flat.gemma4_cancel_is_set(cancel[0]));
    Flat.gemma4_cancel_set(cancel[0]);
    Check.equal(1, Flat.gemma4_cancel_is_set(cancel[0]));
    Flat.gemma4_cancel_clear(cancel[0]);
    Check.equal(0, Flat.gemma4_cancel_is_set(cancel[0]));
    Flat.gemma4_cancel_free(cancel[0]);
    Check.fails(ErrorCode.INVALID_ARGUMENT, "", () -> Flat.gemma4_session_reset(0));
    byte[] message = new byte[8];
    long size = Flat.gemma4_last_error_copy(message, message.length);
    Check.that(size > 7 && message[7] == 0 && message[6] != 0, "it is cut, with a NUL");
  }
}
