#include "bind/interrupt.h"

#include <csignal>

namespace lamina::bind {

namespace {

std::atomic<bool> g_interrupted{false};
std::atomic<bool> g_installed{false};
std::atomic<PyOS_sighandler_t> g_previous{nullptr};

void note_interrupt(int signal) {
  g_interrupted.store(true, std::memory_order_relaxed);
  if (const PyOS_sighandler_t previous = g_previous.load()) previous(signal);
}

}  // namespace

const std::atomic<bool>& InterruptWatch::interrupted() {
  return g_interrupted;
}

InterruptWatch::InterruptWatch() {
  const PyOS_sighandler_t present = PyOS_getsig(SIGINT);
  // Where Python does not handle the signal it is not ours to handle either.
  if (present == SIG_DFL || present == SIG_IGN || present == SIG_ERR || g_installed.exchange(true)) return;
  installed_ = true;
  g_interrupted = false;
  g_previous = present;
  PyOS_setsig(SIGINT, note_interrupt);
}

InterruptWatch::~InterruptWatch() {
  if (!installed_) return;
  PyOS_setsig(SIGINT, g_previous.load());
  g_interrupted = false;
  g_installed = false;
}

}  // namespace lamina::bind
