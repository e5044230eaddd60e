#pragma once

namespace lamina {

// One function per family, defined in the family's file; register.cpp calls them all on first use.
void register_unary_ops();
void register_binary_ops();
void register_select_ops();
void register_scalars_op();
void register_reduce_ops();
void register_logsumexp_ops();
void register_scan_ops();
void register_shape_ops();
void register_slice_ops();
void register_bounded_ops();
void register_index_ops();
void register_along_axis_ops();
void register_sort_ops();
void register_pool_ops();
void register_affine_ops();
void register_batch_norm_ops();
void register_group_norm_ops();
void register_softmax_ops();
void register_crossentropy_ops();
void register_probability_crossentropy_ops();
void register_random_ops();
void register_draw_ops();
void register_update_ops();
void register_matmul_ops();
void register_conv_ops();
void register_loop_ops();
void register_switch_ops();
void register_with_gradient_ops();
void register_matmul_update_ops();
void register_search_ops();
void register_solve_ops();
void register_simple_rnn_ops();
void register_lstm_ops();
void register_gru_ops();
void register_decompose_ops();

}  // namespace lamina
