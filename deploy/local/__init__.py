"""What the local engines are made of: a list of jars to fetch, and a small launcher for the database."""
