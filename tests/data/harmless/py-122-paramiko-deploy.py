import os
from pathlib import Path

import paramiko

host = os.environ["DEPLOY_HOST"]
client = paramiko.SSHClient()
client.load_host_keys(os.path.expanduser("~/.ssh/known_hosts"))
client.connect(host, username="deploy", key_filename=os.environ["DEPLOY_KEY_FILE"])

with client.open_sftp() as sftp:
    for file in Path("dist").glob("*.whl"):
        sftp.put(str(file), f"/srv/notes/incoming/{file.name}")
        print("sent", file.name)

_, out, err = client.exec_command("/srv/notes/bin/activate-release")
print(out.read().decode(), err.read().decode())
if out.channel.recv_exit_status():
    raise SystemExit("activation failed")
client.close()
