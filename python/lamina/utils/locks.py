"""What the library needs of `threading`, from where that has it: the module alone takes 1 ms."""

from _thread import RLock
from _thread import _local as Local
from _thread import allocate_lock as Lock

__all__ = ["Local", "Lock", "RLock"]
