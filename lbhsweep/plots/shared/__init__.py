"""What figures have in common: style, curves by phase, panels of branches."""
