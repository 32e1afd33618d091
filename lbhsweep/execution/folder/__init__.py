"""What a sweep's folder says about its runs and its driver, and drivers that run by themselves."""
