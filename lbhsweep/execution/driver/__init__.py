"""The driver of a sweep: the order of tasks, the collection of records, faults and pauses."""
