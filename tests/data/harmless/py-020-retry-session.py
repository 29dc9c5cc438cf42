import random
import time
import requests


class Unavailable(Exception):
    pass


def with_backoff(call, attempts=5, base=0.5):
    for n in range(attempts):
        try:
            return call()
        except (requests.ConnectionError, Unavailable):
            if n == attempts - 1:
                raise
            time.sleep(base * 2**n + random.random() / 10)


def quote(symbol):
    r = requests.get("https://api.example.com/v2/quotes", params={"symbol": symbol})
    if r.status_code >= 500:
        raise Unavailable(r.status_code)
    return r.json()["price"]


print(with_backoff(lambda: quote("ACME")))
