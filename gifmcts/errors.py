"""What can go wrong outside of a program; a program that fails is data and never raised.

GifmctsError
├── UsageError            the user asked for something impossible; exit status 2
│   ├── ConfigError       an unknown key, a value of the wrong kind
│   └── RunMismatch       the run folder holds another configuration; lists the differences
├── PreflightError        the machine or the model cannot serve the run; exit status 3
├── JudgingFailed         a benchmark could not judge a program through no fault of the program
├── StoreError            a run folder cannot be read or written, or is in use
├── TrackerError          an experiment tracker did not take a run
└── ModelError
    ├── ContextOverflow   the chat does not fit; the search shrinks it or closes the attempt
    ├── ModelUnavailable  no answer after bounded retries; the tree waits, the run can be continued
    └── ModelRefused      the server rejected the request for good (400, 401, 404, 422, or nonsense)
"""


class GifmctsError(Exception):
    """The root of all errors that this package raises on purpose; the message says what to do."""


class UsageError(GifmctsError):
    """The user asked for something impossible."""


class ConfigError(UsageError):
    """An unknown key or a value of the wrong kind."""


class RunMismatch(UsageError):
    """The run folder holds another configuration."""


class PreflightError(GifmctsError):
    """The machine or the model cannot serve the run."""


class StoreError(GifmctsError):
    """A run folder cannot be read or written, or another process writes to it."""


class TrackerError(GifmctsError):
    """An experiment tracker did not take a run."""


class ModelError(GifmctsError):
    """The model gave no completion."""


class ContextOverflow(ModelError):
    """The chat and the room for its answer do not fit into the model's context."""


class ModelUnavailable(ModelError):
    """No answer after bounded retries; a later start continues."""


class ModelRefused(ModelError):
    """The server rejected the request for good."""


class JudgingFailed(GifmctsError):
    """A benchmark could not judge a program through no fault of the program; the task is reported as unjudged."""
