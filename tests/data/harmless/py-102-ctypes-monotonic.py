import ctypes
import ctypes.util


class Timespec(ctypes.Structure):
    _fields_ = [("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long)]


libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
CLOCK_MONOTONIC_RAW = 4


def monotonic_raw():
    t = Timespec()
    if libc.clock_gettime(CLOCK_MONOTONIC_RAW, ctypes.byref(t)) != 0:
        raise OSError(ctypes.get_errno(), "clock_gettime")
    return t.tv_sec + t.tv_nsec / 1e9


print(monotonic_raw())
