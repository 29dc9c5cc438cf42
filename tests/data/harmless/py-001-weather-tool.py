import os

import requests

API = "https://api.openweathermap.org/data/2.5/weather"


def current_weather(city: str, units: str = "metric") -> dict:
    """Tool: returns temperature and a short description for a city."""
    key = os.environ["OPENWEATHER_API_KEY"]
    reply = requests.get(API, params={"q": city, "units": units, "appid": key}, timeout=10)
    reply.raise_for_status()
    body = reply.json()
    return {
        "city": body["name"],
        "temperature": body["main"]["temp"],
        "sky": body["weather"][0]["description"],
    }


if __name__ == "__main__":
    for place in ("Lisbon", "Oslo"):
        print(current_weather(place))
