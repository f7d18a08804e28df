"""Melodies as text that musicians type: ABC 2.1 and Humdrum **kern.

Both write the bars of `notation.layout`: a short bar is simply short, a time signature stands where the metre changes.

Reference:
    Chris Walshaw, *The ABC music standard 2.1* (2011); David Huron, *The Humdrum Toolkit: Reference Manual* (1995).
"""

from collections.abc import Iterable
from fractions import Fraction

from stylernn.formats.notation import Bar, Symbol, is_low, layout, spell
from stylernn.music.melody import TICKS_PER_QUARTER, Key, Melody

__all__ = ["abc_text", "kern_text"]

_UNIT = TICKS_PER_QUARTER // 2  # L:1/8
_LONGEST_TUPLET = 9  # the standard gives the number of its notes one digit
_ABC_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_KERN_SIGNS = {-2: "--", -1: "-", 0: "", 1: "#", 2: "##"}
_SHARPS = "FCGDAEB"


def abc_text(melody: Melody) -> str:
    """The melody as one ABC tune, a line for every four bars.

    A chord symbol stands at a note or rest, and where it changes within one, cuts it in two. A note that is altered by
    the key is left to the key signature; every other accidental is written, so that no rule on how long accidentals
    last is needed.
    """
    step, alter, _ = spell(60 + melody.key.tonic, melody.key) if melody.key else ("none", 0, 0)
    mode = "m" if melody.key and melody.key.mode == "minor" else ""
    title = " ".join(melody.title.split())
    title = f" {title}" if title.startswith("|") else title  # or music21 reads a bar line
    text = f"X:1\nT:{title}\nM:{melody.metres[0][1]}\nL:1/8\nQ:1/4={melody.tempo:g}\n"
    text += f"K:{step}{'b' * -alter}{'#' * alter}{mode}\n"
    bars = layout(melody, [chord.onset for chord in melody.chords])
    chords = {max(chord.onset, bars[0].onset): chord.symbol for chord in melody.chords}
    for index, bar in enumerate(bars):
        if index and bar.changes_metre:
            text = f"{text.rstrip()}\nM:{bar.metre}\n"
        text += _abc_bar(bar, melody.key, chords)
        text += (
            "|]\n"
            if index == len(bars) - 1
            else "|\n"
            if bar.number and bar.number % 4 == 0
            else "| "
        )
    return text


def kern_text(melody: Melody) -> str:
    """The melody as a Humdrum file of one **kern spine."""
    fifths = melody.key.fifths if melody.key else 0
    altered = [step.lower() + "#" for step in _SHARPS[: max(fifths, 0)]]
    altered += [step.lower() + "-" for step in _SHARPS[::-1][: max(-fifths, 0)]]
    lines = [f"!!!OTL: {' '.join(melody.title.split())}"] if melody.title else []
    lines += ["**kern", "*clefF4" if is_low(melody) else "*clefG2", f"*k[{''.join(altered)}]"]
    if melody.key:
        step, alter, _ = spell(60 + melody.key.tonic, melody.key)
        lines.append(
            f"*{step.lower() if melody.key.mode == 'minor' else step}{_KERN_SIGNS[alter]}:"
        )
    lines.append(f"*MM{melody.tempo:g}")
    for bar in layout(melody):
        if bar.number:
            lines.append(f"={bar.number}")
        if bar.changes_metre:
            lines.append(f"*M{bar.metre}")
        lines += [_kern_symbol(symbol, melody.key) for symbol in bar.symbols]
    return "\n".join([*lines, "==", "*-"]) + "\n"


def _abc_bar(bar: Bar, key: Key | None, chords: dict[int, str]) -> str:
    """Notes of a bar, beamed by the felt beat."""
    text, altered = "", set[str]()
    for group in _tuplets(bar.symbols):
        in_triplets = group[0].in_triplet
        if in_triplets:
            text += "(3" if len(group) == 3 else f"(3:2:{len(group)}"
        for symbol in group:
            length = Fraction(symbol.ticks * (3 if in_triplets else 2), 2 * _UNIT)
            text += f'"{chords[symbol.onset]}"' if symbol.onset in chords else ""
            text += (
                "z" if symbol.pitch is None else _abc_pitch(symbol.pitch, key, altered)
            ) + _abc_length(length)
            text += "-" if symbol.goes_on else ""
            if (symbol.onset + symbol.ticks - bar.onset) % bar.metre.beat == 0:
                text += " "
    return text if text.endswith(" ") else text + " "


def _tuplets(symbols: Iterable[Symbol]) -> list[list[Symbol]]:
    """Symbols in groups: the notes under one triplet sign, which lasts until it fills a plain value, or single ones."""
    groups: list[list[Symbol]] = []
    filled = True
    for symbol in symbols:
        if filled or not symbol.in_triplet or len(groups[-1]) == _LONGEST_TUPLET:
            groups.append([])
        groups[-1].append(symbol)
        filled = sum(each.ticks for each in groups[-1]) % 3 == 0
    return groups


def _abc_length(length: Fraction) -> str:
    numerator = "" if length.numerator == 1 else str(length.numerator)
    return numerator if length.denominator == 1 else f"{numerator}/{length.denominator}"


def _abc_pitch(pitch: int, key: Key | None, altered: set[str]) -> str:
    """A pitch in ABC; `altered` collects the steps that have borne an accidental in the bar."""
    step, alter, octave = spell(pitch, key)
    sign = ""
    if alter != _signature(step, key) or step in altered:
        sign = _ABC_SIGNS[alter]
        altered.add(step)
    return sign + (step + "," * (4 - octave) if octave < 5 else step.lower() + "'" * (octave - 5))


def _signature(step: str, key: Key | None) -> int:
    """Alteration of a step by the key signature."""
    fifths = key.fifths if key else 0
    return (fifths - _SHARPS.index(step) + 6) // 7


def _kern_symbol(symbol: Symbol, key: Key | None) -> str:
    value = Fraction(4 * TICKS_PER_QUARTER, symbol.ticks)  # how many make a whole note
    dotted = value.denominator == 3
    length = f"{value * Fraction(3, 2) if dotted else value}" + "." * dotted
    if symbol.pitch is None:
        return length + "r"
    step, alter, octave = spell(symbol.pitch, key)
    letters = step.lower() * (octave - 3) if octave > 3 else step * (4 - octave)
    opening = "[" if symbol.goes_on and not symbol.continues else ""
    closing = "" if not symbol.continues else "_" if symbol.goes_on else "]"
    return opening + length + letters + _KERN_SIGNS[alter] + closing
