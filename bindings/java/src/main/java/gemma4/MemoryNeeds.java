package gemma4;

import gemma4.flat.Flat;

/** What a model and one session take in memory, in bytes. */
public final class MemoryNeeds {
  private final long weightsMappedBytes;
  private final long weightsResidentBytes;
  private final long kvBytes;
  private final long scratchBytes;
  private final long residentBytes;

  MemoryNeeds(long needs) {
    weightsMappedBytes = Flat.gemma4_memory_needs_get_weights_mapped_bytes(needs);
    weightsResidentBytes = Flat.gemma4_memory_needs_get_weights_resident_bytes(needs);
    kvBytes = Flat.gemma4_memory_needs_get_kv_bytes(needs);
    scratchBytes = Flat.gemma4_memory_needs_get_scratch_bytes(needs);
    residentBytes = Flat.gemma4_memory_needs_get_resident_bytes(needs);
  }

  /** Files that are mapped: address space, not all of it ever resident. */
  public long weightsMappedBytes() {
    return weightsMappedBytes;
  }

  /** Weights as they are computed with. */
  public long weightsResidentBytes() {
    return weightsResidentBytes;
  }

  /** Keys and values of the session when its context is full. */
  public long kvBytes() {
    return kvBytes;
  }

  /** Activations, logits, tokenizer. */
  public long scratchBytes() {
    return scratchBytes;
  }

  /** The last three together. */
  public long residentBytes() {
    return residentBytes;
  }
}
