#!/bin/bash
cd paper || exit
latexmk -pdf -interaction=nonstopmode -halt-on-error main.tex || { grep -A3 '^!' main.log; exit 1; }
cp main.pdf ../paper-"$(date +%Y%m%d)".pdf
rm -f -- *.aux *.bbl *.blg *.fdb_latexmk *.fls *.out *.toc
