"""How the C library's allocator keeps memory; knows nothing of what is in it."""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""glibc's numbers of the parameters, from malloc.h."""
_LARGEST = 2**31 - 1
_GROWTH_BYTES = 64 * 2**20


def keep_freed_memory() -> bool:
    """Make glibc use freed memory again instead of returning it; false where there is no glibc.

    By default every tensor over a few megabytes is mapped anew, and a third of a training step
    on a CPU goes by in page faults.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    parameters = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _LARGEST), (_TOP_PAD, _GROWTH_BYTES))
    accepted = [mallopt(parameter, value) for parameter, value in parameters]
    return all(accepted)
