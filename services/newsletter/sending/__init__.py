"""How an issue reaches its readers: batches, windows, a journal per sender, and SMTP.

The promise: whatever dies at whatever moment, no reader gets an issue twice and none is forgotten, except those of
whom nobody can know whether their mail got through. These are listed, and there is at most one of them for each SMTP
connection that was open.
"""
