from pathlib import Path
from subprocess import run

videos = Path("videos")
thumbs = Path("thumbs")
thumbs.mkdir(exist_ok=True)

for video in videos.glob("*.mp4"):
    target = thumbs / (video.stem + ".jpg")
    if target.exists() and target.stat().st_mtime > video.stat().st_mtime:
        continue
    run(
        ["ffmpeg", "-loglevel", "error", "-y", "-ss", "00:00:03", "-i", str(video), "-frames:v", "1", "-vf", "scale=320:-1", str(target)],
        check=True,
    )
