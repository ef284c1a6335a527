"""Where credentials can be found beside the store."""
