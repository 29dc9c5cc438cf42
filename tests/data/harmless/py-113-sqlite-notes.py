import sqlite3
import sys
from datetime import datetime

db = sqlite3.connect("notes.db")
db.execute("create table if not exists note (id integer primary key, at text, body text)")

match sys.argv[1:]:
    case ["add", *words]:
        with db:
            db.execute("insert into note (at, body) values (?, ?)", (datetime.now().isoformat(" ", "minutes"), " ".join(words)))
    case ["rm", number]:
        with db:
            db.execute("delete from note where id = ?", (int(number),))
    case ["find", text]:
        for row in db.execute("select id, at, body from note where body like ?", (f"%{text}%",)):
            print(*row)
    case _:
        for row in db.execute("select id, at, body from note order by id desc limit 20"):
            print(*row)
