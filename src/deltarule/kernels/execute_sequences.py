"""What instructions of label sequences do: objectives with their signals, those of transitions in parts."""

from __future__ import annotations

from numba import int64

from deltarule.kernels import instructions as do
from deltarule.kernels.compiled import called_by_address
from deltarule.kernels.memory import WIDTH, doubles, floats, integers, long_integers, operands
from deltarule.kernels.sequence_losses import sentence_likelihood, structured_margins
from deltarule.kernels.sequences import padded
from deltarule.kernels.slices import ALL

__all__ = ["do_sequences"]


@called_by_address(int64(int64, int64, int64, int64, int64, int64))
def do_sequences(
    instruction: int, memory_address: int, numbers_address: int, part: int, parts: int, worker: int
) -> int:  # fmt: skip
    """Do one slice of an instruction; see `execute`."""
    p, memory, x = long_integers(instruction, WIDTH), long_integers(memory_address, ALL), doubles(numbers_address, 4)
    code, o = p[0], operands(p, memory)
    if code == do.SENTENCE_LIKELIHOOD:
        rows, classes, pairs = o[13], o[14], o[14] * o[14]
        scratch = floats(o[9] + 4 * part * (2 * pairs + 2 * classes), 2 * pairs + 2 * classes)
        doubles(o[16], parts)[part] = sentence_likelihood(
            floats(o[0], rows * classes), integers(o[1], rows), integers(o[2], o[15]), floats(o[3], pairs),
            floats(o[4], classes), floats(o[5], classes), floats(o[6], rows * classes), floats(o[7], rows * classes),
            floats(o[8], rows * classes), scratch, floats(o[10] + 4 * part * pairs, pairs),
            floats(o[11] + 4 * part * classes, classes), floats(o[12] + 4 * part * classes, classes),
            rows, classes, part, parts,
        )  # fmt: skip
    elif code == do.STRUCTURED_MARGINS:
        rows, classes, pairs = o[12], o[13], o[13] * o[13]
        width = padded(classes)
        doubles(o[15], parts)[part] = structured_margins(
            floats(o[0], rows * classes), integers(o[1], rows), integers(o[2], o[14]), floats(o[3], pairs),
            floats(o[4], classes), floats(o[5], classes), doubles(o[6], rows * width),
            doubles(o[7] + 8 * part * classes * width, classes * width), integers(o[8], rows),
            floats(o[9] + 4 * part * pairs, pairs), floats(o[10] + 4 * part * classes, classes),
            floats(o[11] + 4 * part * classes, classes), rows, classes, x[0], part, parts,
        )  # fmt: skip
    return 0
