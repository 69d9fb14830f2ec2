"""What the directory knows and decides. Pure: no HTTP, no Kafka, no database, no clock."""
