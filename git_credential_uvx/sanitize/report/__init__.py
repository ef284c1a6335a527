"""What was found in files, as text, JSON, SARIF or a diff."""
