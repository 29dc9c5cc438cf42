import shutil
from pathlib import Path

KINDS = {
    "Pictures": {".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic"},
    "Documents": {".pdf", ".docx", ".odt", ".txt", ".md"},
    "Archives": {".zip", ".gz", ".xz", ".7z"},
    "Music": {".mp3", ".flac", ".ogg"},
}
downloads = Path.home() / "Downloads"

for item in downloads.iterdir():
    if not item.is_file() or item.name.startswith("."):
        continue
    kind = next((k for k, ends in KINDS.items() if item.suffix.lower() in ends), "Other")
    target = downloads / kind
    target.mkdir(exist_ok=True)
    shutil.move(str(item), str(target / item.name))
    print(f"{item.name} -> {kind}/")
