from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.text.form_numbers import FormNumbers
from deltarule.text.token_block import TokenBlock

WORDS = st.lists(st.sampled_from([f"word{number}" for number in range(30)] + ["é", "東京", "x" * 200]), max_size=20)


def block(words):
    return TokenBlock.of_corpus(dr.Corpus.from_sentences([words]))


@given(st.lists(WORDS, max_size=8), st.integers(1, 12), st.integers(1, 12))
def test_numbers_lead_back_to_the_forms_whatever_is_forgotten(blocks, kept, limit):
    numbers, known = FormNumbers(kept, limit), {}
    for words in blocks:
        found, first = numbers.of(block(words))
        known = {number: form for number, form in known.items() if number < first}
        known.update(enumerate(numbers.forms(first), start=first))
        assert [known[number] for number in found.tolist()] == words
        assert sorted(known) == list(range(1, numbers.count + 1))


@given(st.lists(WORDS, max_size=8), st.integers(1, 12))
def test_the_first_forms_keep_their_numbers(blocks, kept):
    numbers, first_forms = FormNumbers(kept, limit=kept), []
    for words in blocks:
        first_forms += [word for word in dict.fromkeys(words) if word not in first_forms]
        numbers.of(block(words))
        own = min(kept, len(first_forms))
        assert numbers.forms(1)[:own] == first_forms[:own]


def test_memory_does_not_grow_with_the_text():
    numbers = FormNumbers(kept=10, limit=100)
    for start in range(0, 10_000, 50):
        numbers.of(block([f"{number}" for number in range(start, start + 50)]))
        assert numbers.count <= 100


def test_a_block_may_have_more_forms_than_are_remembered():
    words = [f"{number}" for number in range(1000)]
    numbers = FormNumbers(kept=10, limit=100)
    numbers.of(block(words[:20]))
    found, first = numbers.of(block(words))
    assert (first, found.tolist()) == (11, list(range(1, 1001)))
    assert numbers.forms(1) == words
