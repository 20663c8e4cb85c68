"""The instructions that a program is made of, each with its operands in order.

An operand is the address of an array (float32 numbers, or int32 ids, labels and positions; losses, norms and factors
are float64) or a size; behind an arrow, the place to which the instruction writes a size. In brackets stand the real
numbers that it has in a table of its own, and behind the bar what is cut into slices.
"""

from __future__ import annotations

# rows columns inner a a_stride a_transposed b b_stride b_transposed c c_stride accumulate cut | rows or
# columns of C, or the inner dimension, then each slice has a C of its own
MULTIPLY = 0
# x x_stride rows inner weight columns z bias seed by_examples [function parameter rate] | rows or
# columns of z, or examples
LAYER = 1
SHARE_FINISHED = 2  # signal rows columns row_ids row_id_count activation seed [function parameter rate] | rows
APPLY = 3  # x y count [function parameter] | entries
SHARE_APPLIED = 4  # signal x y shared count [function parameter] | entries
MASK = 5  # x y count seed [rate] | entries
# x y output size0 size1 size2 size3 x_step0 x_step1 x_step2 x_step3 y_step0 y_step1 y_step2 y_step3
# [function]
COMBINE = 6
# x y output size0 size1 size2 size3 x_step0 x_step1 x_step2 x_step3 y_step0 y_step1 y_step2 y_step3
# signal shared [function first]
SHARE_COMBINED = 7
REDUCE = 8  # x y outer length inner [function]
SHARE_REDUCED = 9  # signal x y shared outer length inner [function]
SOFTMAX = 10  # x y outer length inner
SHARE_SOFTMAX = 11  # signal y shared outer length inner
PICK = 12  # x labels rows columns y
SHARE_PICKED = 13  # signal labels rows columns shared
ONE_HOT = 14  # labels count classes y
TRANSPOSE = 15  # x y rows columns
COPY = 16  # source source_stride target target_stride rows columns | rows
ADD_SCALED = 17  # source target count [factor] | entries
FILL = 18  # target count [number] | entries
READ_ROWS = 19  # table ids count columns output stride | rows
ADD_ROWS = 20  # values ids count columns stride sums
# Scratch has count × size × columns numbers for each thread, room dimension × (size × columns + a vector).
# vectors vector_stride count dimension weight size columns positions windows bias bias_count z scratch
# seed addend room [function parameter rate] | columns
WINDOW_LAYER = 21
# vectors vector_stride count dimension weight size columns positions windows signal activation
# scratch bias_sums gradient parts seed room delta_above weight_above outputs_above gradient_above
# [function parameter rate signal_left] | columns
WINDOW_SIGNALS = 22
SUM_PARTS = 23  # parts part_count count output | entries
CHOOSE_WINDOWS = 24  # count vectors size → few many windows places collected_windows collected_vectors
READ_POSITIONS = 25  # positions rows count size output
READ_WINDOWS = 26  # vectors positions count size dimension output | windows
SOFTMAX_CROSS_ENTROPY = 27  # scores labels signal rows classes losses | rows
SQUARED_ERROR = 28  # x targets signal rows columns losses | rows
CLASS_MARGINS = 29  # scores labels rivals rows classes losses [margin] | rows
CLASS_VIOLATORS = 30  # labels rivals signal row_ids classes rows → count
PAIR_VIOLATORS = 31  # true corrupted true_signal corrupted_signal row_ids rows loss → count [margin]
NORM = 32  # x rows columns norms parts | entries; x gets the sum of its parts first
SUM_DISTINCT_ROWS = 33  # values ids count columns stride places distinct sums begin → known
UPDATE = 34  # value gradient first second count state factor [rule settings...] | entries
UPDATE_ROWS = 35  # value sums first second distinct rows columns state factor [rule settings...] | rows
# scores labels lengths transitions start end forward later signal scratch transition_parts start_parts
# end_parts rows classes sentences losses | sentences
SENTENCE_LIKELIHOOD = 36
# scores labels lengths transitions start end totals scratch rivals transition_parts start_parts end_parts rows
# classes sentences losses [margin] | sentences
STRUCTURED_MARGINS = 37

# Layers over sparse rows.
SPARSE_LAYER = 38  # columns values ends table bias rows outputs z | rows
SHARE_SPARSE_ROWS = 39  # values ends signal rows outputs shared | rows
SHARE_SPARSE_VALUES = 40  # columns ends table signal rows outputs shared | rows

# What every step has, and what a step of a small network is made of.
# Scratch has scratch_size numbers for each thread, enough for some examples at a time. layers layer_count x wanted rows
# losses scratch scratch_size examples_at_a_time softmax | examples
SMALL_NETWORK = 41
SUM_LOSS = 42  # losses count rows loss
NORM_OF_EACH = 43  # parameters parameter_count norms
CHECK_GRADIENTS = 44  # norms norm_count loss factor → fine [largest clip]
UPDATE_EACH = 45  # parameters parameter_count state factor [rule settings...]

# Update rules.
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM = range(6)

# How a product is cut.
THE_LONGER, ROWS, INNER = range(3)
