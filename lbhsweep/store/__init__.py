"""A sweep on disk: its folder, the records of its runs, and the dataset collected from them."""
