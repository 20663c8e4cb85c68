"""What context features are made from and what they are made of; apart from the kernel, as numbers load faster."""

__all__ = ["ALL_CAPITALS", "CAPITAL", "FIRST", "LETTERS", "OTHERS", "SENTENCE", "SMALL", "TRAITS"]

SMALL, CAPITAL, ALL_CAPITALS, LETTERS = 1, 2, 4, 8
"""Bits that say how a form is written: begins with a small letter, with a capital; all capitals; has letters."""
TRAITS = 3
"""Whole numbers that tell what a form is: two halves of a hash of its folded form, and how it is written."""
OTHERS = 4
"""Context features, besides the two mean vectors, that tell of other occurrences."""
SENTENCE = 6
"""Context features that tell of the sentence."""
FIRST = 4
"""Which of these tells whether the token is the first one; the others are equal for all tokens of a sentence."""
