#!/bin/sh
{
  echo '<!doctype html><title>Report</title>'
  printf '<img alt="chart" src="data:image/png;base64,%s">\n' "$(base64 -w0 chart.png)"
  echo '<pre>'
  sed 's/&/\&amp;/g; s/</\&lt;/g' summary.txt
  echo '</pre>'
} > report.html
