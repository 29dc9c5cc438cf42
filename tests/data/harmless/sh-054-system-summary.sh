#!/usr/bin/env bash
section() { printf '\n== %s ==\n' "$1"; }
section system; sed -n 's/^PRETTY_NAME=//p' /etc/os-release; uname -srm
section uptime; uptime
section memory; free -h
section cpu; grep -m1 'model name' /proc/cpuinfo; nproc
section network; ip -brief address
section listening; ss -tln
section failed; systemctl --failed --no-legend
