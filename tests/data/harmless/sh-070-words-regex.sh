#!/bin/sh
# usage: cross 'c..t.r'
grep -ixE "$1" /usr/share/dict/words | column
