#include "core/stop.h"

namespace lamina {

std::atomic<bool> stop_wanted{false};

}  // namespace lamina
