package gemma4;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The events of one answer, made as they are asked for; the last one is {@link Event.Kind#END}. It
 * can be iterated once, and left at any time: the session then is as after the last event. Nothing
 * needs to be closed.
 */
public final class Generation implements Iterable<Event>, Iterator<Event> {
  private final Session session;
  private final Cancellation cancellation;
  private boolean over;

  Generation(Session session, Cancellation cancellation) {
    this.session = session;
    this.cancellation = cancellation;
  }

  /** This object: there is one pass. */
  @Override
  public Iterator<Event> iterator() {
    return this;
  }

  /** Whether END is still to come. After an exception it is not. */
  @Override
  public boolean hasNext() {
    return !over;
  }

  /**
   * Does the next piece of work, and tells what it was.
   *
   * @throws Gemma4Exception with {@link ErrorCode#CANCELLED} after an interrupt or {@link #cancel}
   */
  @Override
  public Event next() {
    if (over) {
      throw new NoSuchElementException("the generation is over");
    }
    over = true; // unless the step succeeds
    Event event = session.step(cancellation);
    over = event.kind() == Event.Kind.END;
    return event;
  }

  /** Ends this generation: the step that runs, or the next one, throws. Any thread may call this. */
  public void cancel() {
    cancellation.cancel();
  }

  /** The events that are still to come. */
  public Stream<Event> events() {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  /** The text that is still to come, in pieces that are not empty. */
  public Stream<String> text() {
    return events().map(Event::text).filter(piece -> !piece.isEmpty());
  }

  /** All the text that is still to come. */
  public String allText() {
    StringBuilder all = new StringBuilder();
    text().forEach(all::append);
    return all.toString();
  }
}
