"""Takes secrets out of texts, and changes nothing else: bytes in, values out."""
