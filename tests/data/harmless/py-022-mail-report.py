import os
import smtplib
from email.message import EmailMessage

message = EmailMessage()
message["Subject"] = "Weekly numbers"
message["From"] = "reports@example.com"
message["To"] = "team@example.com"
message.set_content("The numbers of this week are attached.")
with open("out/weekly.pdf", "rb") as pdf:
    message.add_attachment(pdf.read(), maintype="application", subtype="pdf", filename="weekly.pdf")

with smtplib.SMTP("smtp.example.com", 587) as smtp:
    smtp.starttls()
    smtp.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
    smtp.send_message(message)
