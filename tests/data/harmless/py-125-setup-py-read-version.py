from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
about = {}
exec((here / "src" / "notes" / "__about__.py").read_text(), about)

setup(
    name="notes",
    version=about["__version__"],
    description=about["__summary__"],
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    package_dir={"": "src"},
    packages=find_packages("src"),
    python_requires=">=3.9",
    install_requires=["click>=8", "platformdirs"],
    entry_points={"console_scripts": ["notes=notes.cli:main"]},
)
