#include "ops/register.h"

#include "graph/registry.h"

namespace lamina {

void register_all_ops() {
  register_unary_ops();
  register_binary_ops();
  register_select_ops();
  register_scalars_op();
  register_reduce_ops();
  register_logsumexp_ops();
  register_scan_ops();
  register_shape_ops();
  register_slice_ops();
  register_bounded_ops();
  register_index_ops();
  register_along_axis_ops();
  register_sort_ops();
  register_pool_ops();
  register_affine_ops();
  register_batch_norm_ops();
  register_group_norm_ops();
  register_softmax_ops();
  register_crossentropy_ops();
  register_probability_crossentropy_ops();
  register_random_ops();
  register_draw_ops();
  register_update_ops();
  register_matmul_ops();
  register_conv_ops();
  register_matmul_update_ops();
  register_loop_ops();
  register_switch_ops();
  register_with_gradient_ops();
  register_search_ops();
  register_solve_ops();
  register_simple_rnn_ops();
  register_lstm_ops();
  register_gru_ops();
  register_decompose_ops();
}

}  // namespace lamina
