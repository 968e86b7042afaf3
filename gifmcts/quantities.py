"""The numbers of a run folder with the ranges in which they are believed."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A share in [0, 1]."""
