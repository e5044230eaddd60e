#include "graph/plan.h"

namespace lamina {

void Plan::walk(Worker worker, SpinBarrier& barrier) const {
  void* const* table = table_.data();
  for (const Step& step : steps_) {
    if (step.barrier) barrier.wait(worker.count);
    const Worker part{worker.index, std::min(step.workers, worker.count)};
    void* scratch = step.scratch < 0 ? nullptr : table[step.scratch];
    const StepData data(table, step.inputs.data(), step.outputs.data(), scratch);
    for (int phase = 0; phase < step.kernel.phases; ++phase) {
      // Only a step that several workers share meets between its phases; a lone worker's order is enough.
      if (phase > 0 && part.count > 1) barrier.wait(worker.count);
      if (part.index < part.count) step.kernel.run(data, part, phase);
    }
  }
}

void Plan::run(const void* const* inputs, void* const* outputs) {
  const auto guard = lock();
  for (size_t i = 0; i < input_slots_.size(); ++i) bind_input(i, inputs[i]);
  for (size_t i = 0; i < output_slots_.size(); ++i) bind_output(i, outputs[i]);
  run_team(std::min(workers_, thread_count()), [&](Worker worker, SpinBarrier& barrier) {
    const FlushDenormals flush(writes_variables_);
    walk(worker, barrier);
  });
}

}  // namespace lamina
