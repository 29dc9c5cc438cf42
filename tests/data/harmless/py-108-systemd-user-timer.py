import subprocess
from pathlib import Path
from textwrap import dedent

units = Path.home() / ".config/systemd/user"
units.mkdir(parents=True, exist_ok=True)
(units / "notes-backup.service").write_text(
    dedent(
        """\
        [Unit]
        Description=Back up notes

        [Service]
        Type=oneshot
        ExecStart=%h/.local/bin/notes backup
        """
    )
)
(units / "notes-backup.timer").write_text(
    "[Timer]\nOnCalendar=*-*-* 02:30\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
)
subprocess.run(["systemctl", "--user", "daemon-reload"], check=True)
subprocess.run(["systemctl", "--user", "enable", "--now", "notes-backup.timer"], check=True)
