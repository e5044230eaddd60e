#include "kernels/dispatch.h"

#include <atomic>
#include <cstdlib>

#include "core/error.h"

namespace lamina {

#if defined(__x86_64__)
#define LAMINA_ISAS(ISA) ISA(baseline) ISA(avx2) ISA(avx512)
#else
#define LAMINA_ISAS(ISA) ISA(baseline)
#endif

#define DECLARE_TABLE(isa, type, name) \
  namespace isa {                      \
  extern const type name##_kernels;    \
  }
#define DECLARE_TABLES(isa) LAMINA_KERNEL_TABLES(DECLARE_TABLE, isa)
LAMINA_ISAS(DECLARE_TABLES)

namespace {

// From the plainest to the best.
const Kernels kCompiled[] = {
#define TABLE(isa, type, name) isa::name##_kernels,
#define KERNELS(isa) {#isa, LAMINA_KERNEL_TABLES(TABLE, isa)},
    LAMINA_ISAS(KERNELS)};

bool runs_here([[maybe_unused]] const std::string& isa) {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (isa == "avx2") return avx2;
  if (isa == "avx512") {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  }
#endif
  return true;
}

const Kernels& find(const std::string& name, const char* asked_by) {
  std::string names;
  for (const Kernels& compiled : kCompiled) {
    if (!runs_here(compiled.isa)) continue;
    if (name == compiled.isa) return compiled;
    names += (names.empty() ? "" : ", ") + std::string(compiled.isa);
  }
  fail(asked_by, ": no instruction set '", name, "' on this machine; available: ", names);
}

const Kernels& choose() {
  const char* name = std::getenv("LAMINA_ISA");
  return find(name != nullptr && *name != '\0' ? name : available_isas().back(), "LAMINA_ISA");
}

std::atomic<const Kernels*> chosen = nullptr;

}  // namespace

const Kernels& kernels() {
  const Kernels* now = chosen.load(std::memory_order_acquire);
  if (now == nullptr) {
    now = &choose();
    chosen.store(now, std::memory_order_release);
  }
  return *now;
}

void set_isa(const std::string& name) {
  chosen.store(&find(name, "set_isa"), std::memory_order_release);
}

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Kernels& compiled : kCompiled) {
    if (runs_here(compiled.isa)) names.push_back(compiled.isa);
  }
  return names;
}

}  // namespace lamina
