#pragma once

namespace lamina::bind {

// Makes calls describe their graphs anew: after what plans depend on beside their arguments has changed.
void forget_recalled();

}  // namespace lamina::bind
