import duckdb
import matplotlib.pyplot as plt

con = duckdb.connect("work.duckdb")
con.execute("create or replace view events as select * from read_parquet('events/*.parquet')")
daily = con.sql("select date_trunc('day', at) as day, count(*) as n from events group by 1 order by 1").df()
ax = daily.plot(x="day", y="n", legend=False, figsize=(9, 3))
ax.set_ylabel("events")
plt.tight_layout()
plt.savefig("figures/daily.svg")
