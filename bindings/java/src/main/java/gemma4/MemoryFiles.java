package gemma4;

import gemma4.flat.Flat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The files of a checkpoint in memory, as the library takes them. */
final class MemoryFiles implements AutoCloseable {
  /** What must stay reachable while the native side reads the files. */
  final List<ByteBuffer> buffers = new ArrayList<>();

  final long address;
  final int numFiles;

  /** Direct buffers are used where they are; others are copied into direct ones. */
  MemoryFiles(Map<String, ByteBuffer> files) {
    numFiles = files.size();
    address = Flat.gemma4_memory_file_alloc(numFiles);
    int i = 0;
    for (Map.Entry<String, ByteBuffer> file : files.entrySet()) {
      ByteBuffer data = file.getValue().slice();
      if (!data.isDirect()) {
        ByteBuffer copy = ByteBuffer.allocateDirect(data.remaining());
        copy.put(data).flip();
        data = copy;
      }
      buffers.add(data);
      long one = Flat.gemma4_memory_file_at(address, i++);
      Flat.gemma4_memory_file_set_name(one, file.getKey());
      Flat.gemma4_memory_file_set_data(one, Flat.bufferAddress(data));
      Flat.gemma4_memory_file_set_size_bytes(one, data.remaining());
    }
  }

  @Override
  public void close() {
    Flat.gemma4_memory_file_free(address, numFiles);
  }
}
