"""What programs can call, over HTTP and MCP: for each tab the handler of its endpoint, whose docstring describes it."""
