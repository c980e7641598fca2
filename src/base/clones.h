/* clones.h - one source compiled for several processors; the best one is taken at start. */
#ifndef LB_BASE_CLONES_H
#define LB_BASE_CLONES_H

/* Before a function whose loops are vector code. Results must not depend on the clone: no
 * contraction, and sums in a fixed order of lanes. Elsewhere than with gcc on x86-64 there is one
 * version. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LB_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LB_CLONES
#endif
#endif
