import shutil
import tarfile
import tempfile
import unittest
from pathlib import Path


class PackTest(unittest.TestCase):
    def setUp(self):
        self.dir = Path(tempfile.mkdtemp())
        (self.dir / "in").mkdir()
        (self.dir / "in" / "a.txt").write_text("hello")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def test_round_trip(self):
        packed = self.dir / "a.tar"
        with tarfile.open(packed, "w") as t:
            t.add(self.dir / "in", arcname=".")
        with tarfile.open(packed) as t:
            t.extractall(self.dir / "out", filter="data")
        self.assertEqual((self.dir / "out" / "a.txt").read_text(), "hello")


if __name__ == "__main__":
    unittest.main()
