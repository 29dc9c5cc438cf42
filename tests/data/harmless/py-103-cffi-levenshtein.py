from cffi import FFI

ffi = FFI()
ffi.cdef("int distance(const char *a, const char *b);")
ffi.set_source(
    "_distance",
    """
    #include <string.h>
    static int min3(int a, int b, int c) { int m = a < b ? a : b; return m < c ? m : c; }
    int distance(const char *a, const char *b) {
        int n = strlen(a), m = strlen(b), row[256], i, j;
        for (j = 0; j <= m; j++) row[j] = j;
        for (i = 1; i <= n; i++) {
            int left = row[0]; row[0] = i;
            for (j = 1; j <= m; j++) {
                int up = row[j];
                row[j] = min3(row[j] + 1, row[j - 1] + 1, left + (a[i - 1] != b[j - 1]));
                left = up;
            }
        }
        return row[m];
    }
    """,
)

if __name__ == "__main__":
    ffi.compile(verbose=True)
