#include "bind/interrupt.h"

#include <atomic>
#include <csignal>

#include "core/stop.h"

namespace lamina::bind {

namespace {

std::atomic<bool> g_installed{false};
std::atomic<PyOS_sighandler_t> g_previous{nullptr};

void note_interrupt(int signal) {
  stop_wanted.store(true, std::memory_order_relaxed);
  if (const PyOS_sighandler_t previous = g_previous.load()) previous(signal);
}

}  // namespace

InterruptWatch::InterruptWatch(bool needed) {
  if (!needed) return;
  const PyOS_sighandler_t present = PyOS_getsig(SIGINT);
  // Where Python does not handle the signal it is not ours to handle either.
  if (present == SIG_DFL || present == SIG_IGN || present == SIG_ERR || g_installed.exchange(true)) return;
  installed_ = true;
  stop_wanted = false;
  g_previous = present;
  PyOS_setsig(SIGINT, note_interrupt);
}

InterruptWatch::~InterruptWatch() {
  if (!installed_) return;
  PyOS_setsig(SIGINT, g_previous.load());
  stop_wanted = false;
  g_installed = false;
}

}  // namespace lamina::bind
