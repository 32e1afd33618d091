from hypothesis import settings

# Time says nothing about what is tested, and a busy machine would fail at random.
settings.register_profile("lbhsweep", deadline=None)
settings.load_profile("lbhsweep")
