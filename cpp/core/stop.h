#pragma once

#include <atomic>

namespace lamina {

// True while somebody, such as Ctrl-C, wants what runs in the core to end soon. Loops over batches and loops within
// plans look at it between two rounds. It lives in the library: a shared core and its callers must mean the same one.
extern std::atomic<bool> stop_wanted;

}  // namespace lamina
