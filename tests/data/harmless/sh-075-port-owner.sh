#!/bin/bash
port=${1:?port}
pid=$(ss -ltnp "sport = :$port" | grep -oP 'pid=\K[0-9]+' | head -1)
[[ -n $pid ]] || { echo "nobody"; exit 1; }
ps -o pid,user,lstart,args -p "$pid"
