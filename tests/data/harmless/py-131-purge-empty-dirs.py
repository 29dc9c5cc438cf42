import os
import sys

root = sys.argv[1] if len(sys.argv) > 1 else "."
for folder, dirs, files in os.walk(root, topdown=False):
    if folder != root and not os.listdir(folder):
        os.rmdir(folder)
        print("removed", folder)
