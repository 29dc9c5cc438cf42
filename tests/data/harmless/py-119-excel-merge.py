from glob import glob
from openpyxl import Workbook, load_workbook

out = Workbook()
sheet = out.active
sheet.append(["file", "date", "customer", "amount"])
for name in sorted(glob("invoices/*.xlsx")):
    for row in load_workbook(name, read_only=True, data_only=True).active.iter_rows(min_row=2, max_col=3, values_only=True):
        if row[0]:
            sheet.append([name, *row])
out.save("all-invoices.xlsx")
