import mimetypes
import os
from pathlib import Path

import boto3

bucket = os.environ["SITE_BUCKET"]
s3 = boto3.client("s3", region_name=os.environ.get("AWS_REGION", "eu-central-1"))
root = Path("public")

for path in sorted(root.rglob("*")):
    if path.is_dir():
        continue
    key = path.relative_to(root).as_posix()
    extra = {"ContentType": mimetypes.guess_type(path.name)[0] or "binary/octet-stream"}
    if path.suffix in {".js", ".css", ".woff2"}:
        extra["CacheControl"] = "public, max-age=31536000, immutable"
    s3.upload_file(str(path), bucket, key, ExtraArgs=extra)
    print("put", key)
