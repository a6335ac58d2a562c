# SPDX-License-Identifier: ISC
"""No build of winrmd can bring a fault about (docs/reliability.md, F-27)."""

from server import BUILD


def test_what_injects_faults_is_the_tests_alone():
    installed = [path for path in (BUILD / 'usr').rglob('*') if path.is_file() and not path.is_symlink()]
    assert any(path.name == 'winrmd-net' for path in installed)
    for path in installed:
        assert not path.name.startswith('faults_'), path
        assert b'WINRMD_FAULTS' not in path.read_bytes(), path
        assert b'WINRMD_SLOW' not in path.read_bytes(), path
