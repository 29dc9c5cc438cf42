import os
import ssl
import urllib.request

candidates = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
bundle = next((c for c in candidates if os.path.exists(c)), None)
context = ssl.create_default_context(cafile=bundle)
with urllib.request.urlopen("https://example.com/", context=context, timeout=5) as r:
    print(bundle, r.status, r.headers["server"])
