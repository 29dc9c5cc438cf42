# %%
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

url = "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/2.5_week.csv"
quakes = pd.read_csv(url, parse_dates=["time"])
quakes = quakes[quakes["type"] == "earthquake"]
# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
quakes["mag"].hist(bins=30, ax=left)
left.set_xlabel("magnitude")
right.scatter(quakes["longitude"], quakes["latitude"], s=2 ** quakes["mag"], alpha=0.4)
fig.tight_layout()
fig.savefig("quakes.png", dpi=150)
