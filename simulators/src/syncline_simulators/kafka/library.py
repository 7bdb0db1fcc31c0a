"""librdkafka itself, as the wheel of confluent-kafka brings it: what Python's API leaves out.

Its header calls the mock API experimental and promises no binary interface: where a function is
missing, that is said, and nothing is guessed.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path


class NoMock(OSError):
    """This build of confluent-kafka gives no hold of librdkafka's mock cluster."""


_INT, _TEXT, _HANDLE, _SIZE = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t
_FUNCTIONS = {
    "rd_kafka_conf_new": (_HANDLE, ()),
    "rd_kafka_conf_set": (_INT, (_HANDLE, _TEXT, _TEXT, _TEXT, _SIZE)),
    "rd_kafka_new": (_HANDLE, (_INT, _HANDLE, _TEXT, _SIZE)),
    "rd_kafka_destroy": (None, (_HANDLE,)),
    "rd_kafka_mock_cluster_new": (_HANDLE, (_HANDLE, _INT)),
    "rd_kafka_mock_cluster_destroy": (None, (_HANDLE,)),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, (_HANDLE,)),
    "rd_kafka_mock_topic_create": (_INT, (_HANDLE, _TEXT, _INT, _INT)),
    "rd_kafka_mock_topic_set_error": (None, (_HANDLE, _TEXT, _INT)),
    "rd_kafka_mock_broker_set_down": (_INT, (_HANDLE, ctypes.c_int32)),
    "rd_kafka_mock_broker_set_up": (_INT, (_HANDLE, ctypes.c_int32)),
    "rd_kafka_mock_broker_set_rtt": (_INT, (_HANDLE, ctypes.c_int32, _INT)),
    "rd_kafka_mock_push_request_errors_array": (
        None,
        (_HANDLE, ctypes.c_int16, _SIZE, ctypes.POINTER(_INT)),
    ),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (_HANDLE, ctypes.c_int32)),
}


@cache
def library() -> ctypes.CDLL:
    """Return librdkafka with the functions that are used here declared.

    Raises:
        NoMock: it is not where wheels have it, or lacks one of them.
    """
    found = ctypes.CDLL(str(_file()))
    for name, (result, arguments) in _FUNCTIONS.items():
        try:
            function = getattr(found, name)
        except AttributeError as error:
            raise NoMock(f"librdkafka has no {name} here") from error
        function.restype, function.argtypes = result, arguments
    return found


def _file() -> Path:
    import confluent_kafka

    site = Path(confluent_kafka.__file__).parent
    folders = (site.parent / "confluent_kafka.libs", site / ".dylibs", site)
    files = [file for folder in folders for file in sorted(folder.glob("*librdkafka*"))]
    if not files:
        raise NoMock("confluent-kafka was not installed from a wheel: no librdkafka beside it")
    return files[0]


__all__ = ["NoMock", "library"]
