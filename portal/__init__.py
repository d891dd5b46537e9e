"""The only place that knows every app: settings, addresses, schema, the demo."""
