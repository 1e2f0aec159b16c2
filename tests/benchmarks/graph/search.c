/* A plain breadth-first search over compressed sparse rows: order, depth and parent of every node reached.
   depths must hold -1 everywhere. Returns how many nodes were reached. */
#include <stdint.h>

int64_t search(const int32_t *pointers, const int32_t *targets, const int32_t *seeds, int64_t count,
               int32_t *order, int32_t *depths, int32_t *parents)
{
    int64_t head = 0, tail = 0;
    for (int64_t i = 0; i < count; i++) {
        if (depths[seeds[i]] < 0) {
            depths[seeds[i]] = 0;
            parents[seeds[i]] = -1;
            order[tail++] = seeds[i];
        }
    }
    while (head < tail) {
        int32_t node = order[head++];
        for (int32_t edge = pointers[node]; edge < pointers[node + 1]; edge++) {
            int32_t target = targets[edge];
            if (depths[target] < 0) {
                depths[target] = depths[node] + 1;
                parents[target] = node;
                order[tail++] = target;
            }
        }
    }
    return tail;
}
