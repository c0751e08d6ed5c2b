"""What clients of the REST contract are given, key by key; the types also feed the OpenAPI page."""
