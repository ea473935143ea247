"""What the data of the benchmarks is made by, each in a process of its own."""
