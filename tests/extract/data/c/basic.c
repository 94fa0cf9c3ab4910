#include <stdio.h>
#include "local/util.h"

#define LIMIT 10
#define SQUARE(x) ((x) * (x))

/* A point. */
struct point {
    int x;
    int *y, z[3];
};

typedef struct node {
    struct node *next;
} node_t;

typedef int (*callback)(void *, int);
typedef unsigned long word;

enum color { RED, GREEN = 2 };
union value { int i; float f; };

static const char *names[] = { "a", "b" };
int counter = 0;

int declared(int a, char *b);

/**
 * Adds two numbers.
 */
static inline int add(int a, int b)
{
    int local = SQUARE(a);
    printf("%d", local);
    return local + b + counter;
}

struct point *make_point(word w) { return alloc(sizeof(struct point), w); }

void (*signal_of(int n))(int) { return 0; }
