//! Nothing: the package holds tests (`tests/`), real systems (`real/`), AWS stand-ins (`aws/`) and benchmarks (`bench/`).
