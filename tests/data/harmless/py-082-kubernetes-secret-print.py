import base64, json, subprocess, sys

name, namespace = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "default"
raw = subprocess.check_output(["kubectl", "get", "secret", name, "-n", namespace, "-o", "json"])
for key, value in sorted(json.loads(raw)["data"].items()):
    text = base64.b64decode(value).decode("utf-8", "backslashreplace")
    print(f"{key}: {text if len(text) < 80 else text[:77] + '...'}")
