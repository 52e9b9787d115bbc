/*
 * libgemma4: Gemma 4 inference on CPUs. This header includes all others.
 *
 * Rules that hold for every function:
 *
 * - Handles are opaque. gemma4_..._free(NULL) does nothing. Models are reference-counted, a session
 *   holds its model and a model its threads, so handles may be freed in any order.
 * - What can fail returns a gemma4_status; results come last, through out_ pointers, and are set to
 *   NULL or 0 on failure. gemma4_last_error_message() says what was wrong, per thread.
 *   After an error nothing has changed, except where a comment says otherwise.
 * - An out_ parameter is the caller's to free. A returned pointer is borrowed from its object.
 * - Parameter structs begin with struct_size. Set them with GEMMA4_..._INIT or gemma4_..._init().
 *   NULL means all defaults.
 * - [any] before a comment: callable from any thread at any time. [one]: by one thread at a time,
 *   for the same object. When two threads try, one of them gets GEMMA4_ERROR_BUSY.
 * - The library never prints, exits, reads the environment, opens the network, or leaves a thread
 *   running after the last handle is freed. Callbacks run on the thread that called.
 */
#ifndef GEMMA4_GEMMA4_H_
#define GEMMA4_GEMMA4_H_

#include <gemma4/cancel.h>
#include <gemma4/chat.h>
#include <gemma4/event.h>
#include <gemma4/export.h>
#include <gemma4/info.h>
#include <gemma4/model.h>
#include <gemma4/sampler.h>
#include <gemma4/save.h>
#include <gemma4/score.h>
#include <gemma4/session.h>
#include <gemma4/status.h>
#include <gemma4/thread_pool.h>
#include <gemma4/tokenizer.h>
#include <gemma4/version.h>

#endif /* GEMMA4_GEMMA4_H_ */
