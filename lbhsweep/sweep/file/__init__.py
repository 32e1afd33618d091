"""The sweep's YAML: its model, its checks, its JSON Schema."""
