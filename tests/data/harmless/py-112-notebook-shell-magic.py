# %%
import subprocess, sys

subprocess.run([sys.executable, "-m", "pip", "install", "-q", "geopandas", "contextily"], check=True)
# %%
import geopandas as gpd

parks = gpd.read_file("data/parks.geojson").to_crs(3857)
parks["ha"] = parks.area / 1e4
parks.sort_values("ha", ascending=False)[["name", "ha"]].head(10)
