"""Statistics of texts: the example of a plugin in Python."""

import re
import unicodedata
from collections import Counter

from gristmill_plugin import Table, TaskError, function, log, plugin

plugin(name="textstats", version="0.1.0", license="MIT OR Apache-2.0")

_WORD = re.compile(r"[^\W\d_]+")


def _words(text):
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


@function
def word_count(text: str) -> int:
    """How many words there are."""
    return len(_words(text))


@function
def top_words(text: str, n: int = 10) -> dict[str, int]:
    """The most frequent words and how often they occur; ties in alphabetical order."""
    if n < 0:
        raise TaskError(f"n is {n}; it must not be negative", "invalid-argument")
    counts = Counter(_words(text))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n])


@function
def ngrams(words: list[str], n: int) -> list[list[str]]:
    """All runs of `n` neighbouring words."""
    if n < 1:
        raise TaskError(f"n is {n}; it must be at least 1", "invalid-argument")
    return [words[idx:idx + n] for idx in range(len(words) - n + 1)]


@function(returns="table{line: int64, words: int64, mean_length: float64}")
def by_line(lines: Table["text: utf8"]) -> Table:
    """For each line of text: its number, its words, and their mean length; null for lines without words."""
    counted = [_words(text or "") for text in lines["text"]]
    means = [sum(map(len, words)) / len(words) if words else None for words in counted]
    log(f"{len(counted)} lines")
    return Table(line=list(range(1, len(counted) + 1)), words=[len(words) for words in counted], mean_length=means)
