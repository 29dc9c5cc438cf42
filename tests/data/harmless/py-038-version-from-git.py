from subprocess import CalledProcessError, check_output

try:
    described = check_output(["git", "describe", "--tags", "--dirty", "--always"], text=True).strip()
except (CalledProcessError, FileNotFoundError):
    described = "0.0.0+unknown"

version, _, rest = described.lstrip("v").partition("-")
if rest:
    version += "+" + rest.replace("-", ".")
with open("src/notes/_version.py", "w") as f:
    f.write(f'__version__ = "{version}"\n')
print(version)
