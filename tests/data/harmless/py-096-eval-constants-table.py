import unittest

from calc import evaluate

CASES = ["1 + 2 * 3", "(1 + 2) * 3", "2 ** 3 ** 2", "-7 // 2", "7 % -3", "1 / 4"]


class AgainstPython(unittest.TestCase):
    def test_same_as_python(self):
        for text in CASES:
            with self.subTest(text):
                self.assertAlmostEqual(evaluate(text), eval(text))


if __name__ == "__main__":
    unittest.main()
