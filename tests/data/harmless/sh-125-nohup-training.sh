#!/bin/bash
mkdir -p logs
nohup python3 train.py --epochs 40 > "logs/train-$(date +%H%M).log" 2>&1 &
echo $! > train.pid
disown
echo "started, follow it with: tail -f logs/train-*.log"
