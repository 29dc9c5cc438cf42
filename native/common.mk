# Flags that every native part shares. Static, C11, warnings are errors: these programs stand between a hostile guest and the host.
ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
ARCH := x86_64
CC := gcc
CROSS_CC := aarch64-linux-gnu-gcc
WARN := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Wvla -Wno-unused-parameter
HARDEN := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fno-strict-aliasing -fno-common
LINK := -static
OUT := $(ROOT)/build/native
