"""Writers of the text formats ABC 2.1 and Humdrum **kern.

Both write the bars of `notation.layout`. A short bar is written as it is, and a time signature
where the metre changes.

References:
    Walshaw (2011), The ABC music standard 2.1.
    Huron (1995), The Humdrum Toolkit: Reference Manual.
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
    """Write a melody as one ABC tune, with a line for every four bars.

    A chord symbol is written at a note or rest. One that begins within a note cuts it in two.
    An accidental that the key signature implies is left out, unless the step has had an accidental
    in the same bar. All other accidentals are written, so that readers agree on every pitch.

    Args:
        melody: what to write.

    Returns:
        The text of the tune.

    Example:
        >>> from stylernn.music.melody import Note
        >>> tune = Melody((Note(0, 24, 62), Note(24, 24, 66), Note(48, 48, 68)), key=Key(2))
        >>> print(abc_text(tune), end="")
        X:1
        T:
        M:4/4
        L:1/8
        Q:1/4=120
        K:D
        D2 F2 ^G4 |]
    """
    step, alter, _ = spell(60 + melody.key.tonic, melody.key) if melody.key else ("none", 0, 0)
    mode = "m" if melody.key and melody.key.mode == "minor" else ""
    title = " ".join(melody.title.split())
    title = f" {title}" if title.startswith("|") else title  # music21 would read a bar line
    text = f"X:1\nT:{title}\nM:{melody.metres[0][1]}\nL:1/8\nQ:1/4={melody.tempo:g}\n"
    text += f"K:{step}{'b' * -alter}{'#' * alter}{mode}\n"
    bars = layout(melody, [chord.onset for chord in melody.chords])
    chords = {max(chord.onset, bars[0].onset): chord.symbol for chord in melody.chords}
    for index, bar in enumerate(bars):
        if index and bar.changes_metre:
            text = f"{text.rstrip()}\nM:{bar.metre}\n"
        text += _abc_bar(bar, melody.key, chords)
        if index == len(bars) - 1:
            text += "|]\n"
        elif bar.number and bar.number % 4 == 0:
            text += "|\n"
        else:
            text += "| "
    return text


def kern_text(melody: Melody) -> str:
    """Write a melody as a Humdrum file of one **kern spine; chord symbols are left out.

    Args:
        melody: what to write.

    Returns:
        The text of the file.

    Example:
        >>> from stylernn.music.melody import Note
        >>> print(kern_text(Melody((Note(0, 24, 60), Note(24, 72, 64)))), end="")
        **kern
        *clefG2
        *k[]
        *MM120
        =1
        *M4/4
        4c
        2.e
        ==
        *-
    """
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
    """Notes and rests of a bar, beamed by the beat."""
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
    """Symbols in groups: those of one triplet sign, which fill a plain value, or single symbols."""
    groups: list[list[Symbol]] = []
    filled = True
    for symbol in symbols:
        if filled or not symbol.in_triplet or len(groups[-1]) == _LONGEST_TUPLET:
            groups.append([])
        groups[-1].append(symbol)
        filled = sum(each.ticks for each in groups[-1]) % 3 == 0
    return groups


def _abc_length(length: Fraction) -> str:
    """A length as a multiple of the unit of length, an eighth."""
    numerator = "" if length.numerator == 1 else str(length.numerator)
    return numerator if length.denominator == 1 else f"{numerator}/{length.denominator}"


def _abc_pitch(pitch: int, key: Key | None, altered: set[str]) -> str:
    """A pitch in ABC; `altered` collects the steps that had an accidental in the bar."""
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
    """A note or rest in **kern."""
    value = Fraction(4 * TICKS_PER_QUARTER, symbol.ticks)  # number of them in a whole note
    dotted = value.denominator == 3
    length = f"{value * Fraction(3, 2) if dotted else value}" + "." * dotted
    if symbol.pitch is None:
        return length + "r"
    step, alter, octave = spell(symbol.pitch, key)
    letters = step.lower() * (octave - 3) if octave > 3 else step * (4 - octave)
    opening = closing = ""
    if symbol.continues:
        closing = "_" if symbol.goes_on else "]"
    elif symbol.goes_on:
        opening = "["
    return opening + length + letters + _KERN_SIGNS[alter] + closing
