#pragma once

namespace lamina {

// Defined in cpp/ops; the registry calls it once, on the first look-up, so that a static library loses no op.
void register_all_ops();

}  // namespace lamina
