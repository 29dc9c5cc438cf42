import functools
import hashlib
import json
import os

import redis
import requests

store = redis.Redis.from_url(os.getenv("REDIS_URL", "redis://localhost"))


def cached(seconds):
    def wrap(fn):
        @functools.wraps(fn)
        def inner(*args):
            key = fn.__name__ + ":" + hashlib.sha1(json.dumps(args).encode()).hexdigest()
            if (hit := store.get(key)) is not None:
                return json.loads(hit)
            value = fn(*args)
            store.setex(key, seconds, json.dumps(value))
            return value
        return inner
    return wrap


@cached(3600)
def country(code):
    return requests.get(f"https://restcountries.com/v3.1/alpha/{code}").json()[0]["name"]["common"]


print(country("pt"))
