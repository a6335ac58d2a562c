# SPDX-License-Identifier: ISC
"""Rules F-1 to F-8 of docs/reliability.md: processes are killed while something is in the middle. The
same by hand, for hours: tests/chaos/run."""

import pytest

from play import play, slow, times

SEEDS = (1, 2, 3)
FAULTS = 16  # in each of two rounds, and a quarter of it in a first one


@pytest.mark.parametrize('seed', SEEDS)
def test_faults(source, tmp_path, seed):
    print('seed', seed)
    result = play(tmp_path / 'w', source, seed, FAULTS, 1, told=print)
    for line in times(result.faults).items():
        print(*line)
    assert result.turns > 0
    assert not slow(result.faults)
