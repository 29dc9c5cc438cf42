import glob
import os

for link in sorted(glob.glob("/dev/serial/by-id/*")):
    print(os.path.realpath(link), os.path.basename(link))
for port in glob.glob("/dev/ttyACM*"):
    print(port, "readable" if os.access(port, os.R_OK) else "no access; add yourself to the group dialout")
