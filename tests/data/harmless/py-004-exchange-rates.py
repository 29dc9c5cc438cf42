import httpx
import pandas as pd

r = httpx.get("https://api.frankfurter.app/2024-01-01..2024-03-31", params={"from": "EUR", "to": "USD,GBP,JPY"})
rates = pd.DataFrame(r.json()["rates"]).T
rates.index = pd.to_datetime(rates.index)
rates.resample("W").mean().round(4)
