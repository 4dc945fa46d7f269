"""What the benchmarks have in common: a check before they begin, and a table at the end."""


def must_exist(ftplab):
    if not ftplab.exists():
        raise SystemExit(f"{ftplab} is not there: cargo build --release, or --ftplab FILE")


def aligned(lines):
    """Rows of cells as text, each column as wide as its widest cell."""
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths))
                     .rstrip() for line in lines)
