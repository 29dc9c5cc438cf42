import os
import unittest
from unittest import mock


def log_level():
    value = os.getenv("LOG_LEVEL", "info").upper()
    return value if value in ("DEBUG", "INFO", "WARNING", "ERROR") else "INFO"


class LogLevel(unittest.TestCase):
    @mock.patch.dict(os.environ, {"LOG_LEVEL": "debug"})
    def test_reads_it(self):
        self.assertEqual(log_level(), "DEBUG")

    @mock.patch.dict(os.environ, {"LOG_LEVEL": "loud"})
    def test_unknown_is_info(self):
        self.assertEqual(log_level(), "INFO")

    @mock.patch.dict(os.environ, clear=True)
    def test_default(self):
        self.assertEqual(log_level(), "INFO")
