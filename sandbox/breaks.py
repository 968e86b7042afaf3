"""When a jail breaks, the interrupted input runs again on a fresh one; when it breaks that too, enough is known."""

from sandbox.errors import JailBroken


class Breaks:
    """Where a job was interrupted."""

    def __init__(self) -> None:
        """Nothing broke yet."""
        self._last = -1

    def at(self, done: int, error: Exception) -> str:
        """Note that something broke after so many outcomes, and say so for the log.

        Raises:
            JailBroken: the same input broke two.
        """
        if self._last == done:
            raise JailBroken(f"input {done} broke two jails in a row, the second with: {error}") from error
        self._last = done
        return f"a jail broke at input {done} of a job and is replaced: {error}"
