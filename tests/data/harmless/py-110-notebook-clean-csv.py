# %%
import pandas as pd

df = pd.read_csv("raw/trips_2023.csv.gz", parse_dates=["started", "ended"], dtype={"station": "category"})
df.info()
# %%
df["minutes"] = (df["ended"] - df["started"]).dt.total_seconds() / 60
df = df.query("1 <= minutes <= 180").drop_duplicates("trip_id")
df["hour"] = df["started"].dt.hour
# %%
by_hour = df.groupby(["station", "hour"], observed=True)["minutes"].agg(["count", "median"]).reset_index()
by_hour.to_parquet("clean/by_hour.parquet", index=False)
by_hour.head()
