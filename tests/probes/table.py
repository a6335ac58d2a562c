# SPDX-License-Identifier: ISC
"""The probes: name, function, lane, documented deadline in seconds, repetitions.

Those of the lane "quick" take turns on one server, so that it has to bear them all. A probe that
waits has a server to itself: the waiting goes on at the same time.
"""

import probes_http as http
import probes_soap as soap
import probes_waiting as waiting
from harness import Probe

# An answer to what has arrived as a whole: no document promises a time, only something that hangs
# takes as long.
ANSWER = 10
# A connection that is refused in the middle of a body is read and dropped for 2 s.
LINGER = 2
# KiB that thousands of connections take at a time in each winrmd-net, and that malloc keeps.
CROWD = 32768
# KiB that hundreds of handshakes take at a time in each winrmd-net, and that malloc keeps.
HANDSHAKES = 24576
# KiB that the XML parser keeps of its tables when an element had 50,000 attributes.
TABLES = 16384

PROBES = [
    Probe('half-handshakes', waiting.half_handshakes, 'handshake', waiting.HANDSHAKE, 3, HANDSHAKES),
    Probe('slow-head', waiting.slow_head, 'head', waiting.HEAD, 3),
    Probe('slow-body', waiting.slow_body, 'body', waiting.BODY + 4, 3),
    Probe('slow-reader', waiting.slow_reader, 'reader', waiting.ANSWER + 10, 3),
    Probe('half-open', waiting.half_open, 'half-open', waiting.GUEST_IDLE, 3, CROWD),
    Probe('idle', waiting.idle, 'idle', waiting.GUEST_IDLE, 3, CROWD),
    Probe('guest-time', waiting.guest, 'guest', waiting.GUEST, 1),
    Probe('few-files', http.few_files, 'few-files', ANSWER, 4),
    Probe('random-bytes', http.random_bytes, 'quick', waiting.HEAD, 4),
    Probe('large-body', http.large_body, 'quick', ANSWER + LINGER, 4),
    Probe('wrong-lengths', http.wrong_lengths, 'quick', ANSWER, 4),
    Probe('early-close', http.early_close, 'quick', ANSWER, 4),
    Probe('left-receive', http.left_receive, 'quick', ANSWER, 4),
    Probe('deep-xml', soap.deep_xml, 'quick', ANSWER, 4),
    Probe('entities', soap.entities, 'quick', ANSWER, 4),
    Probe('attributes', soap.attributes, 'quick', ANSWER, 4, TABLES),
    Probe('utf-16', soap.utf16, 'quick', ANSWER, 4),
    Probe('mutations', soap.mutations, 'quick', ANSWER, 4),
]
