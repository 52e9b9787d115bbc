package flat

/*
#include <stddef.h>
#include <stdint.h>

// Addresses are numbers for Go, and so are handles.
extern int gemma4_go_event(uintptr_t event, uintptr_t userdata);
extern int gemma4_go_progress(uint64_t done, uint64_t total, uintptr_t userdata);
extern int gemma4_go_read_at(uint64_t offset, uintptr_t buffer, size_t size, uintptr_t userdata);
extern int gemma4_go_write(uintptr_t bytes, size_t size, uintptr_t userdata);
extern int gemma4_go_read(uintptr_t buffer, size_t size, uintptr_t userdata);

struct gemma4_event;
static int on_event(const struct gemma4_event* event, void* userdata) {
  return gemma4_go_event((uintptr_t)event, (uintptr_t)userdata);
}
static int on_progress(uint64_t done, uint64_t total, void* userdata) {
  return gemma4_go_progress(done, total, (uintptr_t)userdata);
}
static int on_read_at(uint64_t offset, void* buffer, size_t size, void* userdata) {
  return gemma4_go_read_at(offset, (uintptr_t)buffer, size, (uintptr_t)userdata);
}
static int on_write(const void* bytes, size_t size, void* userdata) {
  return gemma4_go_write((uintptr_t)bytes, size, (uintptr_t)userdata);
}
static int on_read(void* buffer, size_t size, void* userdata) {
  return gemma4_go_read((uintptr_t)buffer, size, (uintptr_t)userdata);
}
static uintptr_t event_callback(void) { return (uintptr_t)on_event; }
static uintptr_t progress_callback(void) { return (uintptr_t)on_progress; }
static uintptr_t read_at_callback(void) { return (uintptr_t)on_read_at; }
static uintptr_t write_callback(void) { return (uintptr_t)on_write; }
static uintptr_t read_callback(void) { return (uintptr_t)on_read; }
*/
import "C"

// EventCallback is the gemma4_event_callback that calls Callbacks.Event.
func EventCallback() uintptr { return uintptr(C.event_callback()) }

// ProgressCallback is the gemma4_load_progress that calls Callbacks.Progress.
func ProgressCallback() uintptr { return uintptr(C.progress_callback()) }

// ReadAtCallback is the gemma4_read_at that calls Callbacks.ReadAt.
func ReadAtCallback() uintptr { return uintptr(C.read_at_callback()) }

// WriteCallback is the gemma4_write that calls Callbacks.Write.
func WriteCallback() uintptr { return uintptr(C.write_callback()) }

// ReadCallback is the gemma4_read that calls Callbacks.Read.
func ReadCallback() uintptr { return uintptr(C.read_callback()) }
