from collections import Counter
from os import environ

from flask import Flask, jsonify, request

app = Flask(__name__)
hits = Counter()


@app.get("/hit/<name>")
def hit(name):
    hits[name] += 1
    return jsonify(name=name, count=hits[name])


@app.post("/reset")
def reset():
    if request.headers.get("x-admin") != environ.get("ADMIN_KEY"):
        return jsonify(error="forbidden"), 403
    hits.clear()
    return "", 204


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(environ.get("PORT", 5000)))
