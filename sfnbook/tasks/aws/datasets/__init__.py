"""What a distributed Map reads and writes: ItemReader and ResultWriter over buckets."""
