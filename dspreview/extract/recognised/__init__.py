"""What `datasets` has no reader for: which kind of dataset a folder or a file is, by what lies in it, and its rows."""
