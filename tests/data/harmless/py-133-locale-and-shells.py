import os

lang = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
if not lang and os.path.exists("/etc/default/locale"):
    with open("/etc/default/locale") as f:
        for line in f:
            if line.startswith("LANG="):
                lang = line[5:].strip().strip('"')
greeting = {"pt": "Bem-vindo", "de": "Willkommen", "fr": "Bienvenue"}.get(lang[:2], "Welcome")
print(greeting)
