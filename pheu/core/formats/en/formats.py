"""English words, Vietnamese figures: the company reads 31/12/2026 and 1.234.567 in either language."""

from pheu.core.formats.vi.formats import *  # noqa: F403
