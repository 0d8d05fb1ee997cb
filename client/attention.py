"""An attention matrix as a table for people: one row per target word, columns of source words."""

from client.translation import Translation


def table(translation: Translation) -> str:
    """Aligned columns, each weight with two decimals; empty when there is nothing to align."""
    if not translation.matrix:
        return ""
    sources, targets = translation.source.split(), translation.target.split()
    label = max(map(len, targets))
    widths = [max(len(word), len("0.00")) for word in sources]
    header = " ".join(word.rjust(width) for word, width in zip(sources, widths, strict=True))
    rows = [
        f"{word.ljust(label)}  "
        + " ".join(f"{weight:.2f}".rjust(width) for weight, width in zip(row, widths, strict=True))
        for word, row in zip(targets, translation.matrix, strict=True)
    ]
    return "\n".join([f"{'':{label}}  {header}", *rows])
