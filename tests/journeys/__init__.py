"""The journey through the portal, step by step, over HTTP: what people do and what they see."""
