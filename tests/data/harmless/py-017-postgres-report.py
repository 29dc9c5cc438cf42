import csv
import os
from datetime import date, timedelta

import psycopg

since = date.today() - timedelta(days=7)
with psycopg.connect(os.environ["DATABASE_URL"]) as conn, conn.cursor() as cur:
    cur.execute(
        """
        select d::date, count(*), sum(amount_cents) / 100.0
        from orders, date_trunc('day', created_at) d
        where created_at >= %s and status = 'paid'
        group by 1 order by 1
        """,
        (since,),
    )
    rows = cur.fetchall()

with open(f"orders-{since}.csv", "w", newline="") as f:
    out = csv.writer(f)
    out.writerow(["day", "orders", "revenue"])
    out.writerows(rows)
