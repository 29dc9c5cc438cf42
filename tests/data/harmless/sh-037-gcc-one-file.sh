set -e
mkdir -p bin
gcc -O2 -Wall -Wextra -o bin/wc2 src/wc2.c
printf 'one two\nthree\n' | ./bin/wc2 | grep -qx '2 3 14'
chmod 755 bin/wc2
