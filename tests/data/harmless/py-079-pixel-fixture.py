import base64
import unittest
from pathlib import Path

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Fixture(unittest.TestCase):
    def test_signature(self):
        self.assertTrue(PIXEL.startswith(b"\x89PNG\r\n\x1a\n"))

    def test_written(self):
        out = Path("build/pixel.png")
        out.parent.mkdir(exist_ok=True)
        self.assertEqual(out.write_bytes(PIXEL), len(PIXEL))


unittest.main()
