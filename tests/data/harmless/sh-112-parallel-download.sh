#!/bin/bash
mkdir -p downloads
grep -v '^#' urls.txt | xargs -P4 -I{} curl -fsSL --remote-name --output-dir downloads {}
ls -lh downloads
