"""Programs: places in memory, buffers that grow, and instructions in an order that respects what they depend on."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.execution.program import Matrix, Program, address
from deltarule.execution.sizes import MOST_SLICES, Work
from deltarule.execution.threads import Threads
from deltarule.kernels import instructions as do


def fill(program, matrix, number, entries=4, **options):
    program.emit(do.FILL, [matrix, program.constant(entries)], writes=[matrix], numbers=[number], **options)


def add(program, source, target, entries=4, **options):
    """Emit target ← target + source."""
    program.emit(
        do.ADD_SCALED, [source, target, program.constant(entries)], reads=[source], writes=[target], numbers=[1.0],
        **options,
    )  # fmt: skip


def stages(program):
    """Return the codes of the instructions of each stage."""
    return [[code for task in stage for code in task] for stage in tasks(program)]


def tasks(program):
    """Return the codes of the instructions of each task of each stage."""
    program.finish()
    codes = [program.table[a:b, 0].tolist() for a, b in pairwise(program.tasks)]
    return [codes[a:b] for a, b in pairwise(program.stages)]


def run(program, **sizes):
    program.bind(sizes)
    Threads(program, 1).run()


class TestPlaces:
    def test_sizes_that_take_turns_are_bound_each_time(self):
        program = Program()
        own, double = program.size(("batch",)), program.size((2, "batch"))
        slices, buffer = program.slices(Work(("batch",), 32)), program.buffer(("batch",))
        program.finish()
        for batch in (64, 14, 64, 900, 14, 900):
            program.bind({"batch": batch})
            assert program.memory[[own, double]].tolist() == [batch, 2 * batch]
            assert program.memory[slices] == min(8, 1 if batch < 32 else 2 if batch < 512 else 4 if batch < 2048 else 8)
            assert program.contents(buffer).size >= batch
            assert program.memory[buffer.address] == address(program.contents(buffer))

    def test_buffers_of_two_sizes_grow_with_their_product(self):
        program = Program()
        buffer = program.buffer(("a", "b"))
        program.finish()
        for a, b in ((1000, 10), (10, 1000), (500, 500), (3, 3)):
            program.bind({"a": a, "b": b})
            assert program.contents(buffer).size >= a * b
            assert program.memory[buffer.address] == address(program.contents(buffer))

    def test_numbers_and_sizes_have_one_place_each(self):
        program = Program()
        assert program.constant(7) == program.constant(7) != program.constant(8)
        assert program.size((7,)) == program.size((7, 1)) == program.constant(7)
        assert program.size(("batch", 3)) == program.size((3, "batch")) != program.size(("batch",))
        assert program.place(7) != program.place(7)

    def test_sizes_follow_the_named_dimensions(self):
        program = Program()
        places = [program.size(shape) for shape in ((), (2, 3), ("a",), ("a", "b", 2), ("a", "a"))]
        fill(program, program.buffer((1,)), 0)
        program.finish()
        for a, b in ((3, 5), (0, 4), (1, 1)):
            program.bind({"a": a, "b": b})
            assert program.memory[places].tolist() == [1, 6, a, 2 * a * b, a * a]

    @pytest.mark.parametrize(("grains", "slices"), [(0, 1), (0.99, 1), (1, 2), (15.9, 2), (16, 4), (63, 4), (64, 8)])
    def test_more_work_is_cut_into_more_slices(self, grains, slices):
        program = Program()
        place, few = program.slices(Work(("batch", 10), 100)), program.slices(Work(("batch", 10), 100, most=3))
        fill(program, program.buffer((1,)), 0)
        program.finish()
        program.bind({"batch": int(grains * 10)})
        assert program.memory[place] == slices <= MOST_SLICES
        assert program.memory[few] == min(slices, 3)

    def test_a_little_work_is_not_worth_the_help_of_other_threads(self):
        program = Program()
        x = program.buffer(("n",))
        program.emit(do.FILL, [x, program.size(("n",))], writes=[x], work=Work(("n",), 10))
        program.finish()
        for n, expected in ((19, False), (20, True), (640, True), (3, False), (20, True), (19, False)):
            program.bind({"n": n})
            assert program.worth_help == expected


class TestBuffers:
    def test_a_buffer_grows_with_its_dimensions_keeps_what_it_holds_and_never_shrinks(self):
        program = Program()
        x = program.buffer(("n", 2), "int32", fill=-1)
        fill(program, program.buffer((1,)), 0)
        program.finish()
        program.bind({"n": 1})
        program.contents(x)[:] = [5, 6]
        program.bind({"n": 10})
        grown = program.contents(x)
        assert grown.size >= 20
        assert grown[:2].tolist() == [5, 6]
        assert program.memory[x.address] == address(grown)
        assert program.contents(x).dtype == np.int32
        program.bind({"n": 3})
        assert program.contents(x).size == grown.size
        assert program.memory[x.address] == address(grown)

    def test_columns_and_parts_move_with_what_they_are_part_of(self):
        program = Program()
        x, norms = program.buffer(("n", 6)), program.buffer(("n",), "float64")
        columns, part = program.columns(x, 2, 5, 6), program.doubles(norms, 1, 3)
        fill(program, x, 0)
        program.finish()
        for n in (1, 4, 100):
            program.bind({"n": n})
            assert program.memory[columns.address] == program.memory[x.address] + 4 * 2
            assert program.memory[part.address] == program.memory[norms.address] + 8
        held = np.zeros((2, 6), np.float32)
        program.rebind(x, held)
        assert program.memory[columns.address] == address(held) + 8

    def test_arrays_in_more_than_one_piece_are_refused(self):
        with pytest.raises(ValueError, match="lie in one piece"):
            Program().array(np.zeros((3, 2), np.float32).T)

    def test_actual_shapes(self):
        program = Program()
        fill(program, program.buffer((1,)), 0)
        program.finish()
        program.bind({"n": 4})
        assert program.actual(("n", 3, "n")) == (4, 3, 4)


class TestOrder:
    def test_what_depends_on_nothing_is_one_stage(self):
        program = Program()
        for _ in range(3):
            fill(program, program.buffer((4,)), 1)
        assert stages(program) == [[do.FILL] * 3]

    def test_reading_waits_for_writing_and_writing_for_reading(self):
        program = Program()
        x, y, z = (program.buffer((4,)) for _ in range(3))
        fill(program, x, 1)
        fill(program, y, 2)
        add(program, x, y)  # after both
        add(program, x, z)  # after x alone
        fill(program, x, 3)  # after those who read it
        assert stages(program) == [[do.FILL, do.FILL], [do.ADD_SCALED, do.ADD_SCALED], [do.FILL]]
        run(program)
        assert [program.contents(matrix)[0] for matrix in (x, y, z)] == [3, 3, 1]

    def test_those_who_only_read_do_not_wait_for_each_other(self):
        program = Program()
        x = program.buffer((4,))
        for _ in range(3):
            add(program, x, program.buffer((4,)))
        assert stages(program) == [[do.ADD_SCALED] * 3]

    def test_columns_wait_only_for_columns_they_share(self):
        program = Program()
        x = program.buffer((1, 4))
        left, right, middle = (program.columns(x, a, b, 4) for a, b in ((0, 2), (2, 4), (1, 3)))
        fill(program, left, 1, entries=2)
        fill(program, right, 2, entries=2)
        fill(program, middle, 3, entries=2)
        assert stages(program) == [[do.FILL] * 2, [do.FILL]]
        run(program)
        assert program.contents(x).tolist() == [1, 3, 3, 2]

    def test_columns_of_different_arrays_share_nothing(self):
        x, y = Matrix(0, 4, 0, (0, 2)), Matrix(1, 4, 1, (0, 2))
        assert not x.overlaps(y)
        assert x.overlaps(Matrix(2, 0, 0))

    def test_instructions_cut_by_the_same_examples_are_one_task(self):
        program = Program()
        x, y, z = (program.buffer(("n",)) for _ in range(3))
        work, others = Work(("n",), 10), Work(("n",), 20)
        one, add_up = {"work": work, "by_examples": True}, {"work": others, "by_examples": True}
        fill(program, x, 1, **one)
        fill(program, program.buffer((4,)), 7)  # depends on none of them
        add(program, x, y, **one)
        add(program, y, x, **one)
        add(program, x, z, **add_up)  # by other examples
        add(program, z, y, **one)  # after those
        add(program, x, x, **one)  # which was read by them
        add(program, x, y, work=work)  # by entries
        fills, adds = do.FILL, do.ADD_SCALED
        assert tasks(program) == [[[fills, adds, adds], [fills]], [[adds]], [[adds, adds]], [[adds]]]

    def test_a_slice_goes_through_a_whole_task(self):
        """The second instruction of the task changes what the first one reads, in the same examples alone."""
        program = Program()
        x, y = program.buffer(("n",)), program.buffer(("n",))
        both, count = {"work": Work(("n",), 1), "by_examples": True}, program.size(("n",))
        for source, target in ((x, y), (y, x), (x, y)):
            program.emit(
                do.ADD_SCALED, [source, target, count], reads=[source], writes=[target], numbers=[1.0], **both
            )  # fmt: skip
        program.finish()
        assert len(program.tasks) == 2
        program.bind({"n": 100})
        program.contents(x)[:] = np.arange(len(program.contents(x)))
        run(program, n=100)
        assert program.memory[program.table[0, 1]] == 8
        np.testing.assert_array_equal(program.contents(y)[:100], 3 * np.arange(100))

    def test_an_instruction_waits_for_its_guard_and_is_passed_over_where_it_is_0(self):
        for known, expected in (([1.0], 1.0), ([np.inf], 0.0)):
            program = Program()
            norms, loss, x = program.buffer((1,), "float64"), program.buffer((1,)), program.buffer((4,))
            factor, fine = program.buffer((1,), "float64"), program.counter(7)
            fill(program, loss, known[0], entries=1)
            one = program.constant(1)
            program.emit(
                do.CHECK_GRADIENTS, [norms, one, loss, factor, fine], reads=[norms, loss], writes=[factor, fine],
                numbers=[1e30, 0.0],
            )  # fmt: skip
            fill(program, x, 1.0, guard=fine)
            assert stages(program) == [[do.FILL], [do.CHECK_GRADIENTS], [do.FILL]]
            run(program)
            assert program.contents(x)[0] == expected
            assert program.memory[fine.address] == expected


def test_scratch_of_a_shape_is_one_memory_with_room_for_every_thread():
    program = Program()
    first, other = program.scratch(("n", 3)), program.scratch(("n", 4))
    assert program.scratch(("n", 3)) is first
    assert not first.overlaps(other)
    kept = program.buffer(("n", 3))
    program.finish()
    program.bind({"n": 2})
    program.contents(first)[:], program.contents(kept)[:] = 7, 7
    program.bind({"n": 1000})
    assert program.contents(first).size >= MOST_SLICES * 1000 * 3
    assert not program.contents(first).any()  # pages that are never written to take no memory
    assert (program.contents(kept)[:6] == 7).all()


@settings(derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=1, max_size=25))
def test_stages_compute_what_the_instructions_say_in_their_order(instructions):
    """Fills and sums of five arrays: the stages change the order, and the result not at all."""
    program = Program()
    matrices = [program.buffer((4,)) for _ in range(5)]
    expected = np.zeros(5)
    for number, (source, target, filling) in enumerate(instructions):
        if filling:
            fill(program, matrices[target], number)
            expected[target] = number
        elif source != target:
            add(program, matrices[source], matrices[target])
            expected[target] += expected[source]
    if not program._instructions:
        return
    program.finish()
    run(program)
    assert [program.contents(matrix)[0] for matrix in matrices] == expected.tolist()
