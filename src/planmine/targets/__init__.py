"""Figures of a measure: value, unit, comparator, deadline, baseline and indicator of each."""

from planmine.targets.reader import read_targets

__all__ = ["read_targets"]
