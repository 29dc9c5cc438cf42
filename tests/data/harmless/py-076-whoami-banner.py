import getpass
import platform
import socket
from datetime import datetime

print(f"{getpass.getuser()}@{socket.gethostname()}  {datetime.now():%Y-%m-%d %H:%M}")
print(f"{platform.system()} {platform.release()} on {platform.machine()}, Python {platform.python_version()}")
