from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class Isolated(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


handler = partial(Isolated, directory="dist")
with ThreadingHTTPServer(("127.0.0.1", 8000), handler) as server:
    print("http://localhost:8000")
    server.serve_forever()
