#!/bin/bash
good=${1:?good commit}
git bisect start HEAD "$good"
git bisect run sh -c 'make -s build || exit 125; ./run-tests --only parser'
git bisect log
git bisect reset
